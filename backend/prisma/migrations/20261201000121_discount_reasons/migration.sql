-- Why a discount is given by hand; one of them is said each time.
ALTER TABLE staff.outlet ADD COLUMN discount_reasons text[] NOT NULL
  DEFAULT ARRAY['Waited too long', 'Not as it should be', 'Regular guest', 'Celebration', 'Staff or family', 'Goodwill'];
