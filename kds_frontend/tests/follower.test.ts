import { describe, expect, it } from 'vitest';
import { Follower, checkVersion, type Change, type Snapshot } from '../src/lib/live/follower';

const change = (version: number, subject = 'board'): Change<string> => ({
  channel: 'c',
  type: 't',
  subject,
  version,
  time: '',
  data: `${subject}${version}`,
});

/** A server whose snapshots are answered by hand. */
function setting(): {
  follower: Follower<number, string>;
  seen: string[];
  answer: (version: number) => Promise<void>;
  loads: () => number;
} {
  const seen: string[] = [];
  const open: ((snapshot: Snapshot<number>) => void)[] = [];
  let count = 0;
  const follower = new Follower<number, string>({
    load: () =>
      new Promise((resolve) => {
        count++;
        open.push(resolve);
      }),
    reset: (version) => seen.push(`snapshot ${version}`),
    apply: ({ data }) => seen.push(data),
  });
  const answer = async (version: number): Promise<void> => {
    open.shift()?.({ state: version, versions: { board: version } });
    await new Promise((resolve) => setTimeout(resolve));
  };
  return { follower, seen, answer, loads: () => count };
}

describe('checkVersion', () => {
  it('applies known + 1, drops what is older, sees gaps', () => {
    expect(checkVersion(4, 5)).toBe('apply');
    expect(checkVersion(4, 4)).toBe('drop');
    expect(checkVersion(4, 1)).toBe('drop');
    expect(checkVersion(4, 6)).toBe('gap');
    expect(checkVersion(undefined, 9)).toBe('apply');
  });
});

describe('follower', () => {
  it('applies in order and never twice', async () => {
    const { follower, seen, answer } = setting();
    void follower.resync();
    await answer(10);
    [11, 11, 10, 12].forEach((version) => follower.receive(change(version)));
    expect(seen).toEqual(['snapshot 10', 'board11', 'board12']);
  });

  it('keeps changes that arrive before the snapshot, and drops those it holds', async () => {
    const { follower, seen, answer } = setting();
    void follower.resync();
    [9, 10, 11].forEach((version) => follower.receive(change(version)));
    await answer(10);
    expect(seen).toEqual(['snapshot 10', 'board11']);
  });

  it('refetches on a gap and goes on from the new snapshot', async () => {
    const { follower, seen, answer, loads } = setting();
    void follower.resync();
    await answer(10);
    follower.receive(change(13));
    follower.receive(change(14));
    expect(loads()).toBe(2);
    await answer(13);
    expect(seen).toEqual(['snapshot 10', 'snapshot 13', 'board14']);
  });

  it('asks again when the snapshot is older than the gap', async () => {
    const { follower, seen, answer, loads } = setting();
    void follower.resync();
    follower.receive(change(13));
    await answer(10);
    expect(loads()).toBe(2);
    await answer(13);
    expect(seen).toEqual(['snapshot 10', 'snapshot 13']);
  });

  it('keeps subjects apart', async () => {
    const { follower, seen, answer } = setting();
    void follower.resync();
    await answer(1);
    follower.receive(change(7, 'other'));
    follower.receive(change(2));
    follower.receive(change(7, 'other'));
    expect(seen).toEqual(['snapshot 1', 'other7', 'board2']);
  });

  it('survives a failed load: the next one replays what waited', async () => {
    let fail = true;
    const seen: string[] = [];
    const follower = new Follower<number, string>({
      load: () => (fail ? Promise.reject(new Error('down')) : Promise.resolve({ state: 1, versions: { board: 1 } })),
      reset: (version) => seen.push(`snapshot ${version}`),
      apply: ({ data }) => seen.push(data),
    });
    await expect(follower.resync()).rejects.toThrow('down');
    follower.receive(change(2));
    fail = false;
    await follower.resync();
    expect(seen).toEqual(['snapshot 1', 'board2']);
  });
});
