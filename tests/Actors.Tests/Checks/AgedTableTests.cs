using Microsoft.Extensions.Time.Testing;
using Screening.Actors.Checks;

namespace Screening.Actors.Tests.Checks;

public class AgedTableTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly AgedTable<string, int> _table;

    public AgedTableTests()
    {
        _table = new AgedTable<string, int>(_time);
        foreach (var (key, value) in new[] { ("a", 1), ("b", 2), ("c", 3) })
        {
            _table.Put(key, value);
            _time.Advance(TimeSpan.FromSeconds(1));
        }
    }

    [Fact]
    public void What_is_put_again_is_the_newest_and_takes_one_place()
    {
        _table.Put("a", 4);
        Assert.Equal(3, _table.Count);
        Assert.True(_table.TryGetOldest(out var oldest, out var value, out var age));
        Assert.Equal(("b", 2, TimeSpan.FromSeconds(2)), (oldest, value, age));
        Assert.True(_table.TryGet("a".AsSpan(), out value));
        Assert.Equal(4, value);
    }

    [Fact]
    public void What_is_removed_is_no_longer_the_oldest()
    {
        Assert.True(_table.Remove("a", out var value, out var age));
        Assert.Equal((1, TimeSpan.FromSeconds(3)), (value, age));
        Assert.False(_table.Remove("a"));
        Assert.False(_table.TryGet("a", out _));
        Assert.True(_table.RemoveOlderThan(TimeSpan.FromSeconds(1.5), out value));
        Assert.Equal(2, value);
        Assert.False(_table.RemoveOlderThan(TimeSpan.FromSeconds(1.5), out _));
        _table.Clear();
        Assert.False(_table.TryGetOldest(out _, out _, out _));
    }

    [Fact]
    public void What_is_replaced_keeps_its_age()
    {
        Assert.True(_table.TryReplace("a", 4));
        Assert.False(_table.TryReplace("d", 5));
        Assert.True(_table.TryGetOldest(out var oldest, out var value, out var age));
        Assert.Equal(("a", 4, TimeSpan.FromSeconds(3)), (oldest, value, age));
    }

    [Fact]
    public void Entries_that_come_and_go_cost_no_memory()
    {
        var table = new AgedTable<int, int>(TimeProvider.System);
        var next = 0;
        while (next < 500)
            table.Put(next++, 0);
        Rotate(1);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Rotate(10);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(500, table.Count);

        void Rotate(int rounds)
        {
            for (var round = 0; round < rounds; round++)
            {
                for (var i = 0; i < 400 && table.TryGetOldest(out var oldest, out _, out _); i++)
                    table.Remove(oldest);
                for (var i = 0; i < 400; i++)
                    table.Put(next++, 0);
            }
        }
    }
}
