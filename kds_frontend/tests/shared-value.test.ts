import { describe, expect, it } from 'vitest';
import { SharedValue } from '../src/lib/shared-value.svelte';
import { DeviceStorage } from '../src/lib/storage.svelte';
import { TabStorage } from './tabs';

interface Basket {
  dishes: string[];
  note: string;
}

const empty = (): Basket => ({ dishes: [], note: '' });
const basket = (storage: TabStorage): SharedValue<Basket> => new SharedValue('basket', { empty, storage });
const add =
  (dish: string) =>
  (now: Basket): Basket => ({ ...now, dishes: [...now.dishes, dish] });

describe('a value of several tabs', () => {
  it('is heard by the others, and survives a reload', () => {
    const storage = new TabStorage();
    const [one, two] = [basket(storage), basket(storage.anotherTab())];
    one.change(add('naan'));
    expect(two.value.dishes).toEqual(['naan']);
    expect(basket(storage).value.dishes).toEqual(['naan']);
  });

  it('loses nothing when a tab that has heard nothing changes it', () => {
    const storage = new TabStorage();
    const [one, asleep] = [basket(storage), basket(storage.anotherTab(true))];
    one.change(add('naan'));
    asleep.change(add('dal'));
    expect(asleep.value.dishes).toEqual(['naan', 'dal']);
    expect(one.value.dishes).toEqual(['naan', 'dal']);
  });

  it('tells what another tab did, and not what this one did', () => {
    const storage = new TabStorage();
    const heard: string[][] = [];
    const one = new SharedValue<Basket>('basket', {
      empty,
      storage,
      onRemote: (now, before) => heard.push([...before.dishes, '->', ...now.dishes]),
    });
    one.change(add('naan'));
    basket(storage.anotherTab()).change(add('dal'));
    expect(heard).toEqual([['naan', '->', 'naan', 'dal']]);
  });

  it('writes nothing for a change that changes nothing', () => {
    const storage = new TabStorage();
    basket(storage).change((now) => now);
    expect(storage.length).toBe(0);
  });

  it('counts what can not be read as nothing', () => {
    const storage = new TabStorage();
    for (const damaged of ['{', '7', 'null', '{"version": "x"}', '{"value": {}}']) {
      storage.setItem('basket', damaged);
      expect(basket(storage).value).toEqual(empty());
    }
  });
});

describe('the storage of a device', () => {
  const room = (limit: number): Storage => {
    const items = new Map<string, string>();
    return {
      getItem: (key: string) => items.get(key) ?? null,
      setItem: (key: string, value: string) => {
        if (value.length > limit) throw new DOMException('full', 'QuotaExceededError');
        items.set(key, value);
      },
      removeItem: (key: string) => void items.delete(key),
      key: (index: number) => [...items.keys()][index] ?? null,
      get length() {
        return items.size;
      },
      clear: () => items.clear(),
    };
  };

  it('goes on in memory where it is forbidden, and says so', () => {
    const storage = new DeviceStorage(() => {
      throw new DOMException('denied', 'SecurityError');
    });
    storage.setItem('a', '1');
    expect([storage.getItem('a'), storage.length, storage.key(0), storage.trouble]).toEqual(['1', 1, 'a', 'forbidden']);
    storage.removeItem('a');
    expect(storage.getItem('a')).toBeNull();
  });

  it('goes on in memory where there is no room, and says so until there is', () => {
    const disk = room(3);
    const storage = new DeviceStorage(() => disk);
    storage.setItem('a', '123');
    storage.setItem('a', '12345');
    expect([storage.getItem('a'), storage.length, storage.trouble]).toEqual(['12345', 1, 'full']);
    storage.setItem('a', '1');
    expect([storage.getItem('a'), storage.trouble]).toEqual(['1', null]);
  });

  it('stores what waited in memory as soon as there is room', () => {
    let space = 0;
    const stored = new Map<string, string>();
    const disk = {
      getItem: (key: string) => stored.get(key) ?? null,
      setItem: (key: string, value: string) => {
        if (stored.size >= space) throw new DOMException('full', 'QuotaExceededError');
        stored.set(key, value);
      },
      removeItem: (key: string) => void stored.delete(key),
      key: (index: number) => [...stored.keys()][index] ?? null,
      get length() {
        return stored.size;
      },
    } as unknown as Storage;
    const storage = new DeviceStorage(() => disk);
    storage.setItem('tap:1', 'a');
    expect([storage.trouble, stored.size, storage.getItem('tap:1')]).toEqual(['full', 0, 'a']);
    space = 5;
    storage.setItem('other', 'b');
    expect([storage.trouble, [...stored.keys()].sort()]).toEqual([null, ['other', 'tap:1']]);
  });

  it('says so too where only writing is forbidden, or reading begins to fail', () => {
    const deny = (): never => {
      throw new DOMException('denied', 'SecurityError');
    };
    const storage = new DeviceStorage(() => ({ length: 0, getItem: deny, setItem: deny }) as unknown as Storage);
    expect(storage.trouble).toBeNull();
    storage.setItem('a', '1');
    expect([storage.getItem('a'), storage.getItem('b'), storage.trouble]).toEqual(['1', null, 'forbidden']);
  });
});
