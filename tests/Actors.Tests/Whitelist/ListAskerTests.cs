using System.Collections.Immutable;
using Akka.Actor;
using Akka.TestKit.Xunit2;
using Screening.Actors.Checks;
using Screening.Actors.Checks.Dnsbl;
using Screening.Actors.Tests.Screening;
using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;
using Screening.Testing.Checks;

namespace Screening.Actors.Tests.Whitelist;

/// <summary>The lists of a client, asked at its home with the checks that every node has.</summary>
public class ListAskerTests : TestKit
{
    private static readonly ClientAddress Client = ClientAddress.Parse("192.0.2.1");
    private static readonly ulong A = CheckPlan.SharedIdOf(DnsblSource.IdOf("a.test"));
    private static readonly ulong B = CheckPlan.SharedIdOf(DnsblSource.IdOf("b.test"));

    private readonly FakeDns _dns = FakeDns.Listing(name => name.EndsWith("a.test", StringComparison.Ordinal) ? "127.0.0.2" : null);
    private readonly IActorRef _checks;
    private readonly IActorRef _lists;

    public ListAskerTests()
    {
        var directory = new CheckDirectory();
        _checks = Sys.ActorOf(ChecksSupervisor.CreateProps(new CheckContext(TimeProvider.System, directory, new RecordingObserver())));
        var (_, sources) = ScreeningHarness.Lists(_dns, "a.test*3 b.test*3");
        _checks.Tell(new UseSources(sources, zone => throw new InvalidOperationException(zone), _ => false), TestActor);
        ExpectMsg<Akka.Done>();
        _lists = Sys.ActorOf(ListAsker.CreateProps(directory, TimeProvider.System));
    }

    [Fact]
    public void Each_list_is_told_as_it_answers()
    {
        var told = Ask(7, A, B);
        Assert.Equal("127.0.0.2", told[A]!.Codes.Single().ToString());
        Assert.Empty(told[B]!.Codes);
    }

    [Fact]
    [Trait("Finding", "C")]
    public async Task Three_nodes_that_ask_at_once_cost_one_query()
    {
        _dns.Silence();
        for (var id = 1; id <= 3; id++)
            _lists.Tell(LookUp(id, A), TestActor);
        await _dns.WhenAskedAsync();
        _lists.Tell(LookUp(4, A), TestActor);
        _dns.Release();
        var told = Enumerable.Range(0, 4).Select(_ => ExpectMsg<EvidenceCame>(TimeSpan.FromSeconds(10))).ToList();
        Assert.Equal([1, 2, 3, 4], told.Select(t => t.Id).Order());
        Assert.All(told, t => Assert.NotNull(t.Evidence.Single().Answer));
        Ask(5, A);
        Assert.Single(_dns.Asked);
    }

    [Fact]
    public void A_list_that_is_not_known_here_or_fails_is_told_without_an_answer()
    {
        Assert.Null(Ask(7, 42)[42]);
        _dns.Answer = _ => throw new SourceException(CheckFailure.BadAnswer, "SERVFAIL");
        Assert.Null(Ask(8, B)[B]);
    }

    [Fact]
    [Trait("Finding", "A10")]
    public void Clients_that_were_taken_back_are_asked_about_again()
    {
        Ask(1, B);
        Ask(2, B);
        Assert.Single(_dns.Asked);
        Assert.True(Network.TryParse("192.0.2.0/28", out var network, out _));
        _checks.Tell(new ForgetAnswers(network), TestActor);
        _checks.Tell(new OpenSource(DnsblSource.IdOf("b.test"), "b.test"), TestActor); // Answered once it has passed that on.
        ExpectMsg<IActorRef>(TimeSpan.FromSeconds(10));
        Ask(3, B);
        Assert.Equal(2, _dns.Asked.Count);
    }

    private static LookUp LookUp(long id, params ImmutableArray<ulong> lists) => new(id, Client, "default", "p1", default, lists);

    private Dictionary<ulong, DnsblAnswer?> Ask(long id, params ImmutableArray<ulong> lists)
    {
        _lists.Tell(LookUp(id, lists), TestActor);
        var told = new Dictionary<ulong, DnsblAnswer?>();
        while (told.Count < lists.Length)
        {
            var came = ExpectMsg<EvidenceCame>(TimeSpan.FromSeconds(10));
            Assert.Equal(id, came.Id);
            foreach (var piece in came.Evidence)
                told.Add(piece.List, (DnsblAnswer?)piece.Answer);
        }

        return told;
    }
}
