import { expect, it } from 'vitest';
import { upiLink } from './upi';

it('asks for the amount in rupees, with everything escaped', () => {
  expect(upiLink('rasoi@okbank', 'Rasoi & Sons', 123450, 'Table 4')).toBe(
    'upi://pay?pa=rasoi%40okbank&pn=Rasoi%20%26%20Sons&am=1234.50&cu=INR&tn=Table%204',
  );
});
