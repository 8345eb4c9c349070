using System.Text;
using Microsoft.Extensions.Time.Testing;
using Screening.Actors.Profiles;
using Screening.Actors.Screening;
using Screening.Node.Endpoints.Policy;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Tests.Endpoints;

public sealed class PolicyInstancesTests
{
    private static readonly ClientAddress Client = ClientAddress.Parse("192.0.2.1");

    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData(100, PolicyInstances.Capacity)] // Ordinary mails: as many as there may be.
    [InlineData(24_000, 350)] // Large requests: as many as fit.
    [Trait("Finding", "security-13")]
    public void What_is_remembered_is_bounded_in_mails_and_bytes(int textLength, int remembered)
    {
        var instances = new PolicyInstances(_time);
        for (var i = 0; i < 12_000; i++)
            instances.Of(Key($"mail{i}"), textLength);
        Assert.InRange(instances.Count, remembered * 0.9, remembered);
        Assert.InRange(instances.Bytes, 1, PolicyInstances.MaxBytes);
        Assert.Same(instances.Of(Key("mail11999"), textLength), instances.Of(Key("mail11999"), textLength));
    }

    [Fact]
    public void What_is_over_leaves_its_room()
    {
        var instances = new PolicyInstances(_time);
        instances.Of(Key("a"), 1000);
        _time.Advance(PolicyInstances.Life);
        instances.Of(Key("b"), 0);
        Assert.Equal(1, instances.Count);
    }

    [Fact]
    public async Task A_mail_keeps_its_first_decision_whoever_asks()
    {
        var instances = new PolicyInstances(_time);
        Assert.False(instances.TryFind(Key("a"), out _));
        Assert.True(instances.TryAdd(Key("a"), Decided(1)));
        Assert.False(instances.TryAdd(Key("a"), Decided(2)));
        Assert.True(instances.TryFind(Key("a"), out var decision));
        Assert.Equal(1, decision.Verdict.Score);
        Assert.Equal(1, (await instances.Of(Key("a"), 0).DecideAsync(() => Task.FromResult(Decided(3)))).Verdict.Score);

        var screening = new TaskCompletionSource<Decision>();
        var pending = instances.Of(Key("b"), 0).DecideAsync(() => screening.Task);
        Assert.False(instances.TryFind(Key("b"), out _));
        Assert.False(instances.TryAdd(Key("b"), Decided(2)));
        screening.SetResult(Decided(4));
        Assert.Equal(4, (await pending).Verdict.Score);
        Assert.True(instances.TryFind(Key("b"), out decision));
        Assert.Equal(4, decision.Verdict.Score);

        _time.Advance(PolicyInstances.Life);
        Assert.False(instances.TryFind(Key("a"), out _));
    }

    [Fact]
    public void Mails_are_told_apart_by_the_whole_instance_and_by_the_client()
    {
        var (longest, longer) = (new string('a', 63), new string('a', 999));
        string[] instances = ["", "a", "a\0", "b", longest, longest + "a", longest + "b", longer, longer + "a", longer + "b"];
        var keys = instances.SelectMany(i => new[] { Key(i), new MailKey(Encoding.ASCII.GetBytes(i), ClientAddress.FromIPv4(7)) }).ToList();
        Assert.Equal(keys.Count, keys.ToHashSet().Count);
        Assert.All(instances, instance => Assert.Contains(Key(instance), keys));
    }

    private static MailKey Key(string instance) => new(Encoding.ASCII.GetBytes(instance), Client);

    private static Decision Decided(int score) => new(
        new ScreeningQuery(Client, new Profile("default", "f", new VerdictSettings(), []), Door.Policy, 0, default),
        new Verdict(VerdictAction.Pass, false, 60, score, VerdictSource.Near), false, true, default, "passed before", []);
}
