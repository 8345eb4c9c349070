using System.Text;
using Screening.Actors.Serialization;
using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;
using static Screening.Actors.Tests.Whitelist.GrantLines;

namespace Screening.Actors.Tests.Whitelist;

public class GrantsStateTests
{
    [Fact]
    public void The_same_changes_lead_to_the_same_hash_and_no_others_do()
    {
        GrantsChange[] changes =
            [Setting(Ban("192.0.2.0/24")), Setting(Grant("2001:db8::/32")), GrantsChange.Removing(Net("192.0.2.0/24"))];
        var one = changes.Aggregate(GrantsState.Empty, (state, change) => state.Apply(change));
        var two = changes.Aggregate(GrantsState.Empty.InLife(7), (state, change) => state.Apply(change));
        Assert.True(one.Version.IsSameContent(two.Version));
        Assert.NotEqual(one.Version, two.Version);

        // The same lines in the end, by another way.
        var other = GrantsState.Empty.Apply(Setting(Ban("192.0.2.0/24"))).Apply(GrantsChange.Removing(Net("192.0.2.0/24")))
            .Apply(changes[1]);
        Assert.Equal(one.Lines, other.Lines);
        Assert.Equal(one.Version.Number, other.Version.Number);
        Assert.NotEqual(one.Version.Hash, other.Version.Hash);
    }

    [Fact]
    public void Each_field_of_a_change_is_in_the_hash()
    {
        var line = Ban("192.0.2.0/24", reason: "ab");
        GrantsChange[] changes =
        [
            Setting(line), Setting(line with { Kind = GrantKind.Grant }), Setting(line with { ExpiresMs = 1 }),
            Setting(line with { MadeMs = 1 }),
            Setting(line with { By = "opa", Reason = "b" }), Setting(line with { Reason = "ac" }),
            Setting(line with { Network = Net("192.0.2.0/25") }),
            Setting(line, line), new([line], RemoveInside: Net("::/0")), new([line], RemoveExpiredBefore: 1), new([]),
        ];
        Assert.Equal(changes.Length, changes.Select(change => GrantsHash.Chain(0, change)).Distinct().Count());
        Assert.NotEqual(GrantsHash.Chain(0, changes[0]), GrantsHash.Chain(1, changes[0]));
    }

    // Nodes of all releases must agree on it.
    [Fact]
    public void The_hash_stays_the_same_for_ever()
    {
        var change = new GrantsChange([Ban("192.0.2.0/24"), Grant("2001:db8::/32", reason: "grüße")], Net("10.0.0.0/8"), 5);
        Assert.Equal(11_935_056_275_649_287_396, GrantsHash.Chain(0, change));
    }

    [Fact]
    public void Removing_a_hundred_thousand_lines_is_a_small_message()
    {
        var full = StateOf(1, Bans(GrantsState.MaxLines));
        var (news, after) = Change(full, GrantsChange.Removing(Net("0.0.0.0/0")));
        Assert.Equal(0, after.Count);
        Assert.InRange(WireForms.All.Single(form => form.Type == typeof(GrantsChanged)).ToBytes(news).Length, 1, 100);
    }

    [Fact]
    public void A_line_takes_the_place_of_one_of_the_same_kind_and_network()
    {
        var state = StateOf(1, Ban("192.0.2.0/24", reason: "old"), Grant("192.0.2.0/24"))
            .Apply(Setting(Ban("192.0.2.0/24", reason: "new")));
        Assert.Equal(["new", "why"], state.Lines.OrderByDescending(line => line.Kind).Select(line => line.Reason));
    }

    [Theory]
    [InlineData("192.0.2.0/24", "")]
    [InlineData("192.0.2.0/25", "192.0.2.0/24")]
    [InlineData("192.0.2.7/32", "192.0.2.0/24 192.0.2.0/25")]
    [InlineData("192.0.2.8/32", "192.0.2.0/24 192.0.2.0/25 192.0.2.7/32")]
    public void Removing_a_network_removes_what_is_inside_it(string removed, string kept)
    {
        var state = StateOf(1, Ban("192.0.2.0/24"), Grant("192.0.2.0/25"), Ban("192.0.2.7/32")).Apply(GrantsChange.Removing(Net(removed)));
        Assert.Equal(kept, string.Join(' ', state.Lines.Select(line => line.Network.ToString()).Order()));
    }

    [Fact]
    public void Expired_lines_are_removed_before_a_time_and_no_others()
    {
        var state = StateOf(1, Ban("192.0.2.1/32", TimeSpan.FromMinutes(1)), Ban("192.0.2.2/32", TimeSpan.FromMinutes(2)));
        state = state.Apply(GrantsChange.RemovingExpired(NowMs + 120_000));
        Assert.Equal("192.0.2.2/32", Assert.Single(state.Lines).Network.ToString());
    }

    [Fact]
    public void There_is_room_for_a_hundred_thousand_lines_ten_thousand_of_them_large()
    {
        var state = StateOf(1, Bans(GrantsState.MaxLines - 1));
        Assert.Null(state.FaultOf([Ban("192.0.2.1/32")]));
        Assert.Contains("no more than 100000", state.FaultOf([Ban("192.0.2.1/32"), Ban("192.0.2.2/32")]));
        Assert.Null(state.FaultOf([.. Bans(3)])); // They are there.

        var large = StateOf(1, Enumerable.Range(0, GrantsState.MaxLarge).Select(i => Ban($"{20 + (i / 256)}.{i % 256}.0.0/23")));
        Assert.Contains("larger than /24 or /64; no more than 10000", large.FaultOf([Ban("2001:db8::/63")]));
        Assert.Null(large.FaultOf([Ban("2001:db8::/64"), Ban("192.0.2.0/24")]));
        large = large.Apply(GrantsChange.Removing(Net("20.0.0.0/23")));
        Assert.Null(large.FaultOf([Ban("2001:db8::/63")]));
    }

    [Fact]
    public void Parts_fit_a_quarter_of_a_frame_whatever_the_reasons_are()
    {
        var form = WireForms.All.Single(f => f.Type == typeof(GrantsCopyPart));
        foreach (var reason in (string[])["", "why", new string('ü', 200), string.Concat(Enumerable.Repeat("\U0001F4E8", 100))])
        {
            var lines = Bans(5000).Select((line, i) => line with { Reason = reason + i, By = $"somebody-{i}@mx.example" }).ToList();
            var parts = GrantsParts.Split(lines).ToList();
            Assert.Equal(lines, parts.SelectMany(part => part));
            Assert.All(
                parts, part => Assert.InRange(form.ToBytes(new GrantsCopyPart(default, 0, 1, part)).Length, 1, GrantsParts.MaxOctets + 64));
        }

        Assert.Empty(GrantsParts.Split([]));
    }

    [Fact]
    public void A_log_knows_the_changes_since_a_version_or_says_that_it_does_not()
    {
        var log = new GrantsLog();
        var state = GrantsState.Empty.InLife(3);
        var versions = new List<GrantsVersion>();
        for (var i = 0; i < 5; i++)
        {
            versions.Add(state.Version);
            (var news, state) = Change(state, Setting(Ban($"192.0.2.{i}/32")));
            log.Add(news);
        }

        Assert.Equal([2, 3, 4, 5, 6], versions.Select(v => log.Since(v with { Life = 1 })!.Count).Reverse().Select(count => count + 1));
        Assert.Null(log.Since(versions[2] with { Hash = 1 }));
        Assert.True(log.IsWhole);
        foreach (var _ in Enumerable.Range(0, 6))
            log.Add(Change(state, Setting(Bans(10_000))).News);
        Assert.False(log.IsWhole);
        Assert.Null(log.Since(versions[0]));
    }
}
