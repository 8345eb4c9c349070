using System.Collections.Immutable;
using Akka.Actor;
using Screening.Actors.Checks.Dnsbl;
using Screening.Actors.Cluster.Forming;
using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Tests.Serialization;

/// <summary>The messages whose bytes are in Vectors/v1, by manifest.</summary>
internal static class WireVectors
{
    private const long Now = 1_790_000_000_000;

    private static readonly ClientAddress Client4 = ClientAddress.Parse("192.0.2.17");
    private static readonly ClientAddress Client6 = ClientAddress.Parse("2001:db8::25");
    private static readonly Network Net4 = Network.Of(Client4, 24);
    private static readonly Network Net6 = Network.Of(Client6, 32);
    private static readonly PostscreenTimes Times = new(1_790_086_400, 1_790_003_600, 1_792_592_000, 1_792_592_000, 0);
    private static readonly Epoch Known = new(Now, Now + 3);
    private static readonly Pass Pass = new(3600, true, -3, "a1b2c3d4e5f60718", "mx1", "dnswl: -3");

    private static readonly ImmutableArray<SharedEvidence> Evidence =
    [
        new(0xfedcba9876543210, new DnsblAnswer([new AnswerCode(0x7f000002), new AnswerCode(0x7f00000a)], 300, "listed")),
        new(1, new DnsblAnswer([], null)),
        new(2, null),
    ];

    private static readonly ImmutableArray<EntryLine> Lines =
    [
        new(Client4, "default", Pass, 12, Times),
        new(Client6, "strict", null, 0, new PostscreenTimes(0, 1_790_000_001, 0, 0, 0)),
    ];

    private static readonly StoredPass StoredPass = new(Now + 3_600_000, Now, false, 0, "a1b2c3d4e5f60718", "mx1", "clean");

    private static readonly ImmutableArray<StoredEntry> Entries =
    [
        new(Client4, "default", [StoredPass], default, Now + 1),
        new(
            Client6, "default",
            [new StoredPass(Now + 600_000, Now + 250, true, -4, "b1b2c3d4e5f60718", "mx2", "clean"), StoredPass], Times, Now + 70_000),
        new(Client6, "strict", [], Times, 3),
    ];

    private static readonly ImmutableArray<Tombstone> Tombstones =
    [
        new(Net4, Now + 4, Now),
        new(Net6, 5, Now),
    ];

    private static readonly ImmutableArray<ForgottenTimes> Forgotten = [new(Client4, Times)];

    private static readonly ImmutableArray<GrantOrBan> Grants =
    [
        new(Net4, GrantKind.Grant, Now + 86_400_000, Now, "alice", "a customer's range"),
        new(Net6, GrantKind.Ban, Now + 1, Now, "bob", ""),
    ];

    private static readonly GrantsVersion Version = new(Now, 41, 0xfedcba9876543210);
    private static readonly NodeIdentity Node = new(
        "mx1", new Address("akka.tcp", "fleet", "mx1.example", 4053), true, 1, "postgresql", "lease-majority", Now);

    public static readonly ImmutableSortedDictionary<string, object> All = new Dictionary<string, object>
    {
        ["LU1"] = new LookUp(7, Client4, "default", "a1b2c3d4e5f60718", Known, [0xfedcba9876543210, 1]),
        ["LH1"] = new LookUpHit(7, Pass, Known),
        ["LM1"] = new LookUpMiss(-7, default, true),
        ["EC1"] = new EvidenceCame(7, Evidence),
        ["CO1"] = new Conclude(Client6, "strict", Known, 750, Pass),
        ["RT1"] = new RecordTimes(Client4, Times, 8),
        ["GT1"] = new GetTimes(8, Client6, "default", "a1b2c3d4e5f60718"),
        ["TF1"] = new TimesFound(8, Times, Known, Pass),
        ["FT1"] = new ForgetTimes(8, Client6),
        ["RV1"] = new Revoke(9, 1023, [Net6, Net4], 2000),
        ["RD1"] = new Revoked(9, 1023, 17, true),
        ["IE1"] = new ImportEntries(10, 0, Lines),
        ["EI1"] = new EntriesImported(10, 0, 2),
        ["LE1"] = new ListEntries(11, 5, Net4, Client4, 100),
        ["EL1"] = new EntriesListed(11, 5, Lines, true),
        ["WA1"] = new Wake(511),
        ["WN1"] = new WhitelistNews(
        [
            new PassNews(Client4, "default", Pass, 17, Known), new RevocationNews([Net6, Net4], 18, Now, Known),
            new TimesNews(Client6, Times, 19, default),
        ]),
        ["HO1"] = HandOver.Instance,
        ["BC1"] = new BucketChanged(Entries, Tombstones, Forgotten),
        ["BS1"] = new BucketSnapshot(70_001, Entries, Tombstones, Forgotten),
        ["SG1"] = new SetGrants(12, Grants, true, 2000),
        ["RG1"] = new RemoveGrants(13, Net4, 2000),
        ["GR1"] = new GrantsRecorded(13, Version, 2, false, "there are too many grants and bans"),
        ["GG1"] = new GetGrants(Version),
        ["GP1"] = new GetGrantsPart(Version, 3),
        ["CP1"] = new GrantsCopyPart(Version, 3, 40, Grants),
        ["GU1"] = new GrantsUpToDate(Version),
        ["GC1"] = new GrantsChanged(Version, Version with { Number = 42, Hash = 1 }, new GrantsChange(Grants, Net6, Now)),
        ["RP1"] = ReportGrants.Instance,
        ["GE1"] = new GrantsStored(Version, [GrantsChange.Removing(Net4), GrantsChange.RemovingExpired(Now), new GrantsChange(Grants)]),
        ["GS1"] = new GrantsSnapshot(Version, Grants),
        ["CE1"] = new CountInside(17, 511, Net6),
        ["CN1"] = new EntriesCounted(17, 511, 3),
        ["AP1"] = new AskPresence(14, Node),
        ["NP1"] = new NodePresence(14, Node, NodePhase.Member, "c0ffee", 1, true, ""),
        ["AH1"] = new AskHoldings(16),
        ["NH1"] = new NodeHoldings(16, "mx1", 22, 341, 2, 333_333),
    }.ToImmutableSortedDictionary(StringComparer.Ordinal);

    public static TheoryData<string> Manifests => [.. All.Keys];

    public static byte[] Read(string manifest) => Convert.FromHexString(
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Vectors", "v1", $"{manifest}.hex")).ReplaceLineEndings(""));
}
