using System.Numerics;

namespace Screening.Actors.Whitelist;

/// <summary>
/// A table with a bound, for many threads: beyond it the entry that was put longest ago leaves. Finding takes no lock; neither finding nor
/// putting allocates, but for 1,024 entries at a time while the table grows.
/// </summary>
/// <remarks>
/// There may be millions of entries, so an entry is no object, and its neighbours are numbers: entries stand in slots of large arrays,
/// those with equal hashes in a chain. Slots are numbered from 1; 0 is none.
/// <para/>
/// Invariant: under the lock, the list of ages holds just the entries of all chains, oldest first. So the bound counts entries, and an
/// entry that is put again takes one place, the newest.
/// <para/>
/// Whoever finds copies a slot that may be changed meanwhile. A version for every 64th chain, odd while one of them is changed, tells so
/// after each step, before the copy or the next slot's number is used; then it begins anew. What a writer does in between is a few stores.
/// </remarks>
internal sealed class BoundedTable<TKey, TValue>
    where TKey : struct, IEquatable<TKey>
    where TValue : struct, IEquatable<TValue>
{
    private const int ChunkBits = 10;
    private const int ChunkSize = 1 << ChunkBits;
    private const int Versions = 64;
    private const int Free = -1;

    // 16 MB, of which the system gives what is used. Chains become longer only beyond four million entries.
    private const int MaxHeads = 1 << 22;

    private readonly int _capacity;
    private readonly int[] _heads;
    private readonly int[] _versions = new int[Versions];
    private readonly Lock _lock = new();
    private Slot[][] _chunks = [];
    private int _used; // Slots that were ever used.
    private int _firstFree;
    private int _oldest;
    private int _newest;
    private int _count;

    public BoundedTable(int capacity)
    {
        _capacity = capacity;
        _heads = new int[BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(capacity, Versions, MaxHeads))];
    }

    public int Count => Volatile.Read(ref _count);

    public bool TryFind(TKey key, out TValue value)
    {
        var head = HeadOf(key);
        ref var version = ref _versions[head % Versions];
        for (var wait = default(SpinWait); ; wait.SpinOnce(sleep1Threshold: -1))
        {
            var before = Volatile.Read(ref version);
            if ((before & 1) == 0 && TryWalk(head, key, before, ref version, out value) is { } isFound)
                return isFound;
        }
    }

    /// <summary>Puts a value in the place of the one with its key, if there is one.</summary>
    /// <param name="keeps">True: that one stays, and the new one is not put.</param>
    public void Put(TKey key, in TValue value, Func<TValue, bool>? keeps = null)
    {
        lock (_lock)
        {
            var head = HeadOf(key);
            var number = NumberOf(head, key);
            if (number == 0)
                Add(head, key, value);
            else if (keeps is null || !keeps(SlotOf(number).Value))
                Replace(head, number, value);
        }
    }

    /// <summary>Removes what stands for a key, whatever it is.</summary>
    public bool Remove(TKey key)
    {
        lock (_lock)
            return RemoveLocked(NumberOf(HeadOf(key), key));
    }

    /// <summary>Removes a value, but not another one that took its place.</summary>
    public bool Remove(TKey key, in TValue value)
    {
        lock (_lock)
        {
            var number = NumberOf(HeadOf(key), key);
            return number != 0 && SlotOf(number).Value.Equals(value) && RemoveLocked(number);
        }
    }

    /// <summary>Removes what is meant and returns how many that were. Walks the whole table, without holding up others for long.</summary>
    public int RemoveWhere(Func<TKey, TValue, bool> isMeant)
    {
        var removed = 0;
        for (var first = 1; first <= Volatile.Read(ref _used); first += ChunkSize)
        {
            lock (_lock)
                removed += RemoveWhere(isMeant, first, Math.Min(first + ChunkSize - 1, _used));
        }

        return removed;
    }

    private int RemoveWhere(Func<TKey, TValue, bool> isMeant, int first, int last)
    {
        var removed = 0;
        for (var number = first; number <= last; number++)
        {
            ref var slot = ref SlotOf(number);
            if (slot.Older != Free && isMeant(slot.Key, slot.Value) && RemoveLocked(number))
                removed++;
        }

        return removed;
    }

    // Null: the chain was changed meanwhile.
    private bool? TryWalk(int head, TKey key, int before, ref int version, out TValue value)
    {
        value = default;
        var number = Volatile.Read(ref _heads[head]);
        while (number != 0)
        {
            ref var slot = ref SlotOf(number);
            var isMeant = slot.Key.Equals(key);
            if (isMeant)
                value = slot.Value;
            number = slot.Next;
            Volatile.ReadBarrier();
            if (version != before)
                return null;
            if (isMeant)
                return true;
        }

        return version == before ? false : null;
    }

    private int HeadOf(TKey key) => key.GetHashCode() & (_heads.Length - 1);

    private ref Slot SlotOf(int number) => ref Volatile.Read(ref _chunks)[(number - 1) >> ChunkBits][(number - 1) & (ChunkSize - 1)];

    private int NumberOf(int head, TKey key)
    {
        var number = _heads[head];
        while (number != 0 && !SlotOf(number).Key.Equals(key))
            number = SlotOf(number).Next;
        return number;
    }

    private void Add(int head, TKey key, in TValue value)
    {
        if (_count == _capacity)
            RemoveLocked(_oldest);
        var number = FreeSlot();
        ref var slot = ref SlotOf(number);
        var version = BeginChange(head);
        (slot.Key, slot.Value, slot.Next, _heads[head]) = (key, value, _heads[head], number);
        EndChange(head, version);
        Link(number, ref slot);
        _count++;
    }

    private void Replace(int head, int number, in TValue value)
    {
        ref var slot = ref SlotOf(number);
        var version = BeginChange(head);
        slot.Value = value;
        EndChange(head, version);
        Unlink(slot);
        Link(number, ref slot);
    }

    private bool RemoveLocked(int number)
    {
        if (number == 0)
            return false;
        ref var slot = ref SlotOf(number);
        var head = HeadOf(slot.Key);
        ref var link = ref _heads[head];
        while (link != number)
            link = ref SlotOf(link).Next;
        var version = BeginChange(head);
        link = slot.Next;
        Unlink(slot);
        slot = new Slot { Next = _firstFree, Older = Free }; // It holds no object any longer.
        EndChange(head, version);
        _firstFree = number;
        _count--;
        return true;
    }

    private int FreeSlot()
    {
        if (_firstFree != 0)
        {
            var number = _firstFree;
            _firstFree = SlotOf(number).Next;
            return number;
        }

        if (_used == _chunks.Length * ChunkSize)
            Volatile.Write(ref _chunks, [.. _chunks, new Slot[ChunkSize]]);
        return ++_used;
    }

    private int BeginChange(int head)
    {
        ref var version = ref _versions[head % Versions];
        Volatile.Write(ref version, version + 1);
        Volatile.WriteBarrier();
        return version;
    }

    private void EndChange(int head, int version) => Volatile.Write(ref _versions[head % Versions], version + 1);

    private void Link(int number, ref Slot slot)
    {
        (slot.Older, slot.Newer) = (_newest, 0);
        if (_newest == 0)
            _oldest = number;
        else
            SlotOf(_newest).Newer = number;
        _newest = number;
    }

    private void Unlink(in Slot slot)
    {
        if (slot.Older == 0)
            _oldest = slot.Newer;
        else
            SlotOf(slot.Older).Newer = slot.Newer;
        if (slot.Newer == 0)
            _newest = slot.Older;
        else
            SlotOf(slot.Newer).Older = slot.Older;
    }

    private struct Slot
    {
        public TKey Key;
        public TValue Value;
        public int Next; // In its chain, or among the free ones.
        public int Older;
        public int Newer;
    }
}
