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

/** A server whose snapshots are answered by hand; null says that the state is still the same. */
function setting(equals: (data: string) => boolean = () => true) {
  const seen: string[] = [];
  const asked: boolean[] = [];
  const open: { resolve: (snapshot: Snapshot<number>) => void; reject: (error: Error) => void }[] = [];
  const follower = new Follower<number, string>({
    load: (whole) => {
      asked.push(whole);
      return new Promise((resolve, reject) => open.push({ resolve, reject }));
    },
    reset: (version) => seen.push(`snapshot ${version}`),
    apply: ({ data }) => {
      seen.push(data);
      return equals(data);
    },
  });
  const answer = async (version: number, same = false): Promise<void> => {
    open.shift()?.resolve({ state: same ? null : version, versions: { board: version } });
    await new Promise((resolve) => setTimeout(resolve));
  };
  const take = (...versions: number[]) => versions.map((version) => follower.receive(change(version)));
  return { follower, seen, asked, answer, take, fail: () => open.shift()?.reject(new Error('down')) };
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
  it('applies in order and never twice, and says what is known after each', async () => {
    const { follower, seen, answer, take } = setting();
    void follower.prove();
    await answer(10);
    expect(take(11, 11, 10, 12)).toEqual(['equal', 'unknown', 'unknown', 'equal']);
    expect(seen).toEqual(['snapshot 10', 'board11', 'board12']);
  });

  it('keeps changes that arrive before the first snapshot, and drops those it holds', async () => {
    const { follower, seen, answer, take } = setting();
    void follower.prove();
    expect(take(9, 10, 11)).toEqual(['unknown', 'unknown', 'unknown']);
    await answer(10);
    expect(seen).toEqual(['snapshot 10', 'board11']);
  });

  it('is lost by a gap, until it has read the whole anew', async () => {
    const { follower, seen, asked, answer, take } = setting();
    void follower.prove();
    await answer(10);
    expect(take(13, 14)).toEqual(['lost', 'lost']);
    void follower.prove();
    take(15);
    await answer(14);
    expect(take(16)).toEqual(['equal']);
    expect(asked).toEqual([false, false]);
    expect(seen).toEqual(['snapshot 10', 'snapshot 14', 'board15', 'board16']);
  });

  it('is lost by a change after which the state isn’t the server’s', async () => {
    const { follower, asked, answer, take } = setting((data) => data !== 'board11');
    void follower.prove();
    await answer(10);
    expect(take(11, 12)).toEqual(['lost', 'lost']);
    void follower.prove();
    expect(asked).toEqual([false, false]);
  });

  it('goes on showing changes while it compares, and takes no snapshot that they have overtaken', async () => {
    const { follower, seen, asked, answer, take } = setting();
    void follower.prove();
    await answer(10);
    void follower.prove();
    expect(take(11, 12)).toEqual(['equal', 'equal']);
    await answer(11);
    void follower.prove();
    await answer(12, true);
    void follower.prove();
    take(13);
    await answer(13);
    expect(asked).toEqual([false, true, true, true]);
    expect(seen).toEqual(['snapshot 10', 'board11', 'board12', 'board13', 'snapshot 13']);
  });

  it('asks again when the first snapshot does not reach a change', async () => {
    const { follower, seen, asked, answer, take } = setting();
    void follower.prove();
    take(13);
    await answer(10);
    await answer(13);
    expect(asked).toHaveLength(2);
    expect(seen).toEqual(['snapshot 10', 'snapshot 13']);
  });

  it('keeps subjects apart', async () => {
    const { follower, seen, answer } = setting();
    void follower.prove();
    await answer(1);
    follower.receive(change(7, 'other'));
    follower.receive(change(2));
    follower.receive(change(7, 'other'));
    expect(seen).toEqual(['snapshot 1', 'other7', 'board2']);
  });

  it('says when it could not be proven, and can be later', async () => {
    const { follower, seen, answer, take, fail } = setting();
    const first = follower.prove();
    fail();
    await expect(first).rejects.toThrow('down');
    expect(take(2)).toEqual(['lost']);
    void follower.prove();
    await answer(2);
    expect(seen).toEqual(['snapshot 2']);
  });
});
