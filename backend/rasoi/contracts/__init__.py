"""The public events, one file per publishing room. Within a version fields are only added."""
