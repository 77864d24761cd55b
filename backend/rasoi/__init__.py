"""Rasoi: restaurant ordering with a realtime kitchen display."""
