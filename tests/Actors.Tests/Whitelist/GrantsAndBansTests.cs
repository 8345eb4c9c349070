using Microsoft.Extensions.Time.Testing;
using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;
using static Screening.Actors.Tests.Whitelist.GrantLines;

namespace Screening.Actors.Tests.Whitelist;

/// <summary>A node's copy.</summary>
public class GrantsAndBansTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeMilliseconds(NowMs));
    private readonly GrantsAndBans _copy;

    public GrantsAndBansTests() => _copy = new GrantsAndBans(_time);

    [Fact]
    public void The_longest_network_counts_and_what_is_behind_an_expired_one()
    {
        _copy.Replace(StateOf(
            1, Ban("10.0.0.0/8", TimeSpan.FromHours(2)), Ban("10.1.0.0/16", TimeSpan.FromHours(1), "inner"), Grant("2001:db8::/32")));
        Assert.Equal((3600, "inner"), Match(GrantKind.Ban, "10.1.2.3"));
        Assert.Equal((7200, "why"), Match(GrantKind.Ban, "10.2.2.3"));
        Assert.Null(Match(GrantKind.Grant, "10.1.2.3"));
        Assert.NotNull(Match(GrantKind.Grant, "2001:db8::1"));
        _time.Advance(TimeSpan.FromMinutes(90));
        Assert.Equal((1800, "why"), Match(GrantKind.Ban, "10.1.2.3"));
        _time.Advance(TimeSpan.FromMinutes(30));
        Assert.Null(Match(GrantKind.Ban, "10.1.2.3"));
    }

    [Theory]
    [InlineData("0.0.0.0/0", "255.255.255.255", "::1")]
    [InlineData("::/0", "ffff::1", "1.2.3.4")]
    [InlineData("128.0.0.0/1", "255.0.0.1", "127.255.255.255")]
    [InlineData("192.0.2.1/32", "192.0.2.1", "192.0.2.0")]
    [InlineData("2001:db8::/63", "2001:db8:0:1::1", "2001:db8:0:2::1")]
    [InlineData("2001:db8::/64", "2001:db8::1", "2001:db8:0:1::")]
    [InlineData("2001:db8::/65", "2001:db8::1", "2001:db8::8000:0:0:1")]
    [InlineData("2001:db8::1/128", "2001:db8::1", "2001:db8::2")]
    public void A_network_of_any_length_holds_its_clients_and_no_others(string network, string inside, string outside)
    {
        _copy.Replace(StateOf(1, Ban(network)));
        Assert.NotNull(Match(GrantKind.Ban, inside));
        Assert.Null(Match(GrantKind.Ban, outside));
        Assert.Null(Match(GrantKind.Grant, inside));
    }

    // Against the slow way: a table that is changed in place finds what a scan of all lines finds.
    [Fact]
    public void Changes_in_place_give_what_a_scan_gives()
    {
        var random = new Random(4711);
        var state = GrantsState.Empty.InLife(1);
        for (var round = 0; round < 300; round++)
        {
            var network = Network.Of(ClientAddress.FromIPv4((uint)random.Next(1 << 8) << 24 | (uint)random.Next(4)), random.Next(5) * 8);
            var line = new GrantOrBan(network, (GrantKind)random.Next(2), NowMs + (random.Next(-1, 3) * 1000), NowMs, "op", $"{round}");
            (var news, state) = Change(state, random.Next(4) == 0 ? GrantsChange.Removing(network) : Setting(line));
            Assert.True(_copy.TryApply(news));
            Assert.Equal(state.Lines.Count(l => l.Kind == GrantKind.Ban), _copy.Count(GrantKind.Ban));
            var client = ClientAddress.FromIPv4((uint)random.Next(1 << 8) << 24 | (uint)random.Next(4));
            foreach (var kind in Enum.GetValues<GrantKind>())
            {
                var expected = state.Lines.Where(l => l.Kind == kind && l.ExpiresMs > NowMs && l.Network.Contains(client))
                    .MaxBy(l => l.Network.PrefixLength);
                Assert.Equal(expected?.Reason, Match(kind, client.ToString())?.Reason);
            }
        }
    }

    [Fact]
    public void Changes_are_taken_in_order_and_a_gap_is_noticed()
    {
        var (first, one) = Change(GrantsState.Empty.InLife(5), Setting(Ban("10.0.0.0/8")));
        var (second, two) = Change(one, Setting(Ban("11.0.0.0/8")));
        var (third, _) = Change(two, GrantsChange.Removing(Net("10.0.0.0/8")));
        Assert.True(_copy.TryApply(first));
        Assert.False(_copy.TryApply(third));
        Assert.True(_copy.TryApply(second));
        Assert.True(_copy.TryApply(second)); // It is known.
        Assert.True(_copy.TryApply(third));
        Assert.Equal(1, _copy.Count(GrantKind.Ban));
    }

    [Fact]
    [Trait("Finding", "A3")]
    public void Equal_numbers_of_other_content_are_not_taken_for_known()
    {
        // A ban that was told to all and lost with its entity; then another ban by the next life of the entity, with the same number.
        Assert.True(_copy.TryApply(Change(GrantsState.Empty.InLife(5), Setting(Ban("198.51.100.0/24"))).News));
        var (other, next) = Change(GrantsState.Empty.InLife(6), Setting(Ban("203.0.113.0/24")));
        Assert.False(_copy.TryApply(other));
        Assert.False(_copy.TryConfirm(next.Version));
        _copy.Replace(next);
        Assert.True(_copy.TryConfirm(next.Version));
        Assert.NotNull(Match(GrantKind.Ban, "203.0.113.1"));
        Assert.Null(Match(GrantKind.Ban, "198.51.100.1"));
    }

    [Fact]
    public void A_later_life_of_the_entity_names_the_same_content_and_an_earlier_one_is_not_listened_to()
    {
        var state = StateOf(5, Ban("10.0.0.0/8"));
        _copy.Load(state);
        Assert.False(_copy.TryConfirm(state.InLife(4).Version));
        Assert.True(_copy.TryConfirm(state.InLife(6).Version));
        Assert.Equal(6, _copy.State.Version.Life);
        _copy.Replace(StateOf(5));
        Assert.Equal(1, _copy.Count(GrantKind.Ban));
        Assert.True(_copy.TryApply(Change(state.InLife(7), Setting(Ban("11.0.0.0/8"))).News));
        Assert.Equal((7L, 2), (_copy.State.Version.Life, _copy.Count(GrantKind.Ban)));
    }

    [Fact]
    [Trait("Finding", "D-ladder")]
    public void A_copy_is_confirmed_for_two_periods_and_known_for_ever()
    {
        Assert.False(_copy.IsKnown || _copy.IsConfirmed || _copy.IsStale);
        Assert.True(_copy.TryConfirm(GrantsState.Empty.Version));
        Assert.True(_copy.IsKnown && _copy.IsConfirmed && !_copy.IsStale);
        _copy.MarkBehind();
        Assert.False(_copy.IsConfirmed);
        Assert.True(_copy.TryConfirm(GrantsState.Empty.Version));
        _time.Advance(GrantsAndBans.Period * 2);
        Assert.True(_copy.IsConfirmed && !_copy.IsStale);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(_copy.IsKnown && !_copy.IsConfirmed && _copy.IsStale);
    }

    private (int Ttl, string Reason)? Match(GrantKind kind, string client) =>
        _copy.TryMatch(kind, ClientAddress.Parse(client), out var ttl, out var reason) ? (ttl, reason) : null;
}
