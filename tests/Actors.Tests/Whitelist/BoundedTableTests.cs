using Screening.Actors.Whitelist;

namespace Screening.Actors.Tests.Whitelist;

public class BoundedTableTests
{
    [Fact]
    public void The_entry_that_was_put_longest_ago_leaves_and_one_that_is_put_again_is_the_newest()
    {
        var table = new BoundedTable<int, int>(3);
        foreach (var key in (int[])[1, 2, 3, 1, 4])
            table.Put(key, key * 10);
        Assert.Equal([1, 3, 4], Keys(table, 5));
        table.Put(5, 50);
        Assert.Equal([1, 4, 5], Keys(table, 6));
        Assert.Equal(3, table.Count);
    }

    [Fact]
    public void A_value_may_keep_its_place()
    {
        var table = new BoundedTable<int, int>(2);
        table.Put(1, 10);
        table.Put(2, 20);
        table.Put(1, 11, keeps: known => known == 10);
        Assert.True(table.TryFind(1, out var value));
        Assert.Equal(10, value);
        table.Put(3, 30); // 1 is still the oldest.
        Assert.Equal([2, 3], Keys(table, 4));
    }

    [Fact]
    public void A_value_is_removed_but_not_another_in_its_place()
    {
        var table = new BoundedTable<int, int>(10);
        table.Put(1, 10);
        Assert.False(table.Remove(1, 11));
        Assert.False(table.Remove(2));
        Assert.True(table.Remove(1, 10));
        Assert.False(table.TryFind(1, out _));
        table.Put(1, 12);
        Assert.True(table.Remove(1));
        Assert.Equal(0, table.Count);
    }

    [Fact]
    public void It_behaves_as_a_dictionary_with_a_list_of_ages()
    {
        const int Capacity = 2500;
        var table = new BoundedTable<Clashing, long>(Capacity);
        var (expected, ages, random) = (new Dictionary<int, long>(), new List<int>(), new Random(4711));
        for (var i = 0; i < 40_000; i++)
        {
            var key = random.Next(5000);
            if (random.Next(4) == 0)
            {
                Assert.Equal(expected.Remove(key), table.Remove(new Clashing(key)));
                ages.Remove(key);
            }
            else
            {
                ages.Remove(key);
                ages.Add(key);
                expected[key] = i;
                table.Put(new Clashing(key), i);
                if (ages.Count > Capacity)
                {
                    expected.Remove(ages[0]);
                    ages.RemoveAt(0);
                }
            }

            if (i % 10_000 == 9_999)
            {
                var removed = table.RemoveWhere((entry, _) => entry.Key % 7 == 0);
                Assert.Equal(ages.RemoveAll(a => a % 7 == 0), removed);
                foreach (var gone in expected.Keys.Where(k => k % 7 == 0).ToList())
                    expected.Remove(gone);
            }
        }

        Assert.Equal(expected.Count, table.Count);
        for (var key = 0; key < 5000; key++)
            Assert.Equal(expected.TryGetValue(key, out var value), table.TryFind(new Clashing(key), out var found) && found == value);
    }

    [Fact]
    public async Task Whoever_finds_never_sees_half_a_value_nor_misses_one_that_stays()
    {
        const int Staying = 64;
        var table = new BoundedTable<Clashing, Pair>(1000);
        for (var key = 0; key < Staying; key++)
            table.Put(new Clashing(key), new Pair(key, ~key));
        using var end = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            for (var i = 0; !end.IsCancellationRequested; i++)
            {
                var isFound = table.TryFind(new Clashing(i % 1500), out var pair);
                Assert.True(isFound || i % 1500 >= Staying);
                Assert.True(!isFound || pair.Low == ~pair.High);
            }
        })).ToArray();
        var random = new Random(4711);
        for (var i = 0; i < 300_000; i++)
        {
            var key = random.Next(1500);
            if (key >= Staying && random.Next(2) == 0)
                table.Remove(new Clashing(key));
            else
                table.Put(new Clashing(key), new Pair(i, ~i));
            if (i % 500 == 0)
                PutStayingAgain(table, i);
        }

        await end.CancelAsync();
        await Task.WhenAll(readers);

        static void PutStayingAgain(BoundedTable<Clashing, Pair> table, long value)
        {
            for (var key = 0; key < Staying; key++)
                table.Put(new Clashing(key), new Pair(value, ~value));
        }
    }

    [Fact]
    public void A_full_table_finds_and_puts_without_allocating()
    {
        var table = new BoundedTable<int, long>(100);
        Fill(0, 200);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Fill(200, 20_000);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Fill(int first, int count)
        {
            for (var key = first; key < first + count; key++)
            {
                table.Put(key, key);
                table.TryFind(key - 50, out _);
                table.Remove(key - 10, key - 10);
            }
        }
    }

    private static int[] Keys(BoundedTable<int, int> table, int end) =>
        [.. Enumerable.Range(0, end).Where(key => table.TryFind(key, out _))];

    private readonly record struct Pair(long High, long Low);

    // Many keys share a chain.
    private readonly record struct Clashing(int Key)
    {
        public override int GetHashCode() => Key % 50;
    }
}
