using System.Runtime.Serialization;
using Akka.Actor;
using Screening.Actors.Checks.Dnsbl;
using Screening.Actors.Cluster;
using Screening.Actors.Cluster.Forming;
using Screening.Actors.Serialization;
using Screening.Actors.Tests.Cluster;
using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;
using Screening.Testing;

namespace Screening.Actors.Tests.Serialization;

[Trait("Finding", "security-8")]
public class PeerChecksTests
{
    private const string Escapes = "x\n15:00:00.000 INF root via unix: grant 0.0.0.0/0\u001b]0;owned\u0007";
    private const string Cleaned = "x?15:00:00.000 INF root via unix: grant 0.0.0.0/0?]0;owned?";
    private const long Now = 1_790_000_000_000;

    private static readonly WhitelistSerializer Serializer = new(null!);
    private static readonly ClientAddress Client = ClientAddress.FromIPv4(0xC0000201);
    private static readonly Network Network = Network.Of(Client);
    private static readonly Pass Good = new(600, false, 1, "policy", "mx1", "no evidence");
    private static readonly GrantOrBan Ban = new(Network, GrantKind.Ban, Now + 1000, Now, "root", "abuse");
    private static readonly NodeIdentity Node = new(
        "mx1", new Address("akka.tcp", "fleet", "mx1", 4053), true, 1, "memory", "keep-majority", Now);

    public static TheoryData<object, string> Faulty => new()
    {
        { new SetGrants(1, [Ban with { MadeMs = long.MinValue }], false, 0), "MadeMs is -9223372036854775808" },
        { new SetGrants(1, [Ban with { ExpiresMs = -1 }], false, 0), "ExpiresMs is -1" },
        { new SetGrants(1, [Ban], false, -5), "WaitMs is -5" },
        { new RemoveGrants(1, Network, int.MaxValue), "WaitMs is 2147483647" },
        { new Revoke(1, 1, [Network], -1), "WaitMs is -1" },
        { new GrantsCopyPart(default, 2, 2, [Ban]), "Part is 2" },
        { new GrantsChanged(default, new GrantsVersion(long.MaxValue, 1, 1), new GrantsChange([Ban])), "Life is 9223372036854775807" },
        { new GrantsChanged(default, default, new GrantsChange([], RemoveExpiredBefore: long.MaxValue)), "RemoveExpiredBefore is" },
        { new LookUp(1, Client, "default", "policy", new Epoch(long.MaxValue, 0), []), "Life is 9223372036854775807" },
        { new LookUp(1, Client, "de\nfault", "policy", default, []), "Profile is not a name" },
        { new LookUpHit(1, Good with { TtlSeconds = -1 }, default), "TtlSeconds is -1" },
        { new Conclude(Client, "default", default, -1, Good), "AgeMs is -1" },
        { new RecordTimes(Client, new PostscreenTimes(long.MaxValue, 0, 0, 0, 0)), "Pregreet is 9223372036854775807" },
        { new WhitelistNews([new TimesNews(Client, new PostscreenTimes(0, 0, 0, 0, -1), 1, default)]), "BareNewline is -1" },
        { new ImportEntries(1, 1, [new EntryLine(Client, "default", Good, -1, default)]), "AgeSeconds is -1" },
        { new ListEntries(1, 1, null, null, 0), "Limit is 0" },
        { new AskPresence(1, Node with { ClockMs = long.MaxValue }), "ClockMs is 9223372036854775807" },
        { new NodeHoldings(1, "mx1", -1, 0, 0, 0), "Shards is -1" },
    };

    [Theory]
    [MemberData(nameof(Faulty))]
    public void A_message_with_a_value_that_cannot_be_is_not_delivered(object message, string fault)
    {
        var thrown = Assert.Throws<SerializationException>(
            () => Serializer.FromBinary(Serializer.ToBinary(message), Serializer.Manifest(message)));
        Assert.Contains(fault, thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Texts_of_peers_are_cleaned_and_cut()
    {
        Assert.Equal(Cleaned, Sent(new LookUpHit(1, Good with { Reason = Escapes }, default)).Pass.Reason);
        Assert.Equal(200, Sent(new LookUpHit(1, Good with { Reason = new string('r', 5000) }, default)).Pass.Reason.Length);
        Assert.Equal(
            (Cleaned, Cleaned),
            Sent(new SetGrants(1, [Ban with { By = Escapes, Reason = Escapes }], false, 0)).Lines[0] is var line
            ? (line.By, line.Reason) : default);
        Assert.Equal(Cleaned, Sent(new AskPresence(1, Node with { Node = Escapes })).From.Node);
        Assert.Equal(Cleaned, Sent(new NodePresence(1, Node, NodePhase.Member, "c", 1, false, Escapes)).Refusal);
        Assert.Equal(
            Cleaned, Sent(new EvidenceCame(1, [new SharedEvidence(1, new DnsblAnswer([], 5, Escapes))]))
                .Evidence[0].Answer is DnsblAnswer answer ? answer.Text : null);

        // A message without fault is as it was sent.
        var whole = new Conclude(Client, "default", new Epoch(Now, Now), 5, Good);
        Assert.Equal(Rendering.Of(whole), Rendering.Of(Sent(whole)));
    }

    [Fact]
    public void A_stored_item_that_cannot_be_is_left_out_alone_and_a_row_that_cannot_be_read_as_well()
    {
        var other = Ban with { Network = Network.Of(ClientAddress.FromIPv4(0xC0000202)) };
        var grants = new GrantsSnapshot(new GrantsVersion(1, 2, 3), [Ban with { MadeMs = long.MinValue }, other]);
        Assert.Equal(other, Assert.Single(Stored<GrantsSnapshot>(grants, "GS1", out var fault).Lines));
        Assert.Contains("MadeMs is", fault, StringComparison.Ordinal);

        var entry = new StoredEntry(Client, "default", [new StoredPass(Now, Now, false, 0, "p", "mx1", "")], default, 5);
        var bucket = new BucketSnapshot(5, [entry, entry with { Sequence = -1 }], [new Tombstone(Network, 1, long.MaxValue)], []);
        var kept = Stored<BucketSnapshot>(bucket, "BS1", out _);
        Assert.Equal((1, 0), (kept.Entries.Length, kept.Tombstones.Length));

        Assert.Same(UnreadableRow.Instance, WhitelistSerializer.ReadStored([1, 2, 3], "BC1", out fault));
        Assert.NotNull(fault);
    }

    [Fact]
    public async Task What_a_node_sends_in_vain_is_counted_and_told_in_one_line_and_the_connection_lives()
    {
        await using var lab = new ClusterLab();
        var (settings, log) = (ClusterLab.Fleet(2), new RecordingLogger<PeerFaults>());
        using var faults = new PeerFaults(TimeProvider.System, log);
        var first = await lab.StartAsync(new ClusterSystemSetup(settings[0]) { Timings = ClusterLab.Quick, Faults = faults });
        var second = await lab.StartAsync(settings[1]);
        await first.IsUpAsync(2);

        var guard = second.Host.System.ActorSelection($"akka.tcp://fleet@127.0.0.1:{settings[0].ListenPort}/user/{JoinGuard.Name}");
        for (var i = 0; i < 50; i++)
            guard.Tell(new SetGrants(1, [Ban with { MadeMs = long.MinValue }], false, 0), ActorRefs.NoSender);
        await ClusterLab.UntilAsync(() => faults.DroppedCount == 50, () => $"{faults.DroppedCount} of 50 were dropped");

        var line = Assert.Single(log.Lines).Text;
        Assert.StartsWith($"Dropped a message of node 127.0.0.1:{settings[1].ListenPort}: ", line, StringComparison.Ordinal);
        Assert.Contains("MadeMs is -9223372036854775808", line, StringComparison.Ordinal);
        await second.IsUpAsync(2);
    }

    private static T Sent<T>(T message)
        where T : class => (T)Serializer.FromBinary(Serializer.ToBinary(message), Serializer.Manifest(message));

    private static T Stored<T>(T row, string manifest, out string? fault) =>
        (T)WhitelistSerializer.ReadStored(Serializer.ToBinary(row!), manifest, out fault);
}
