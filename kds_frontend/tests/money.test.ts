import { describe, expect, it } from 'vitest';
import { milli, parseMilli, parseRupees, percent, rupees, rupeesShort } from '../src/lib/money';

describe('money', () => {
  it('groups rupees in lakhs and always shows paise', () => {
    expect(rupees(12345650)).toBe('₹1,23,456.50');
    expect(rupees(0)).toBe('₹0.00');
    expect(rupees(-5)).toBe('-₹0.05');
  });

  it('shortens whole rupees only', () => {
    expect(rupeesShort(25000)).toBe('₹250');
    expect(rupeesShort(25050)).toBe('₹250.50');
  });

  it('reads what a person types, exactly', () => {
    expect(parseRupees('₹ 1,234.5')).toBe(123450);
    expect(parseRupees('0.07')).toBe(7);
    expect(parseRupees('249')).toBe(24900);
    for (const wrong of ['', 'abc', '1.234', '-5', '1e3', '.5']) expect(parseRupees(wrong)).toBeNull();
  });

  it('reads and writes thousandths', () => {
    expect(parseMilli('1.5')).toBe(1500);
    expect(parseMilli('-0.25')).toBe(-250);
    expect(parseMilli('1.2345')).toBeNull();
    expect(milli(1500)).toBe('1.5');
    expect(parseMilli('12')).toBe(12000);
    expect(milli(1125)).toBe('1.125');
    expect(percent(250)).toBe('2.5%');
  });
});
