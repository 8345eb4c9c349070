using System.Collections.Immutable;
using Screening.Node.Hosting.Scripted;
using Screening.Protocol.P0f;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Commands.Demo;

/// <summary>One step of the demonstration.</summary>
internal abstract record DemoStep
{
    /// <summary>A heading.</summary>
    public sealed record Title(string Text) : DemoStep;

    /// <summary>A client connects.</summary>
    public sealed record Arrival(DemoClient Client) : DemoStep;

    /// <summary>The list <see cref="DemoScript.Blocklist"/> falls silent, or answers again.</summary>
    public sealed record Outage(bool Begins) : DemoStep;

    /// <summary>What <c>status</c> shows, once it is as degraded as it should be.</summary>
    public sealed record Status(bool IsDegraded) : DemoStep;

    /// <summary>An operator bans a client.</summary>
    public sealed record Ban(DemoClient Client, string Reason) : DemoStep;

    /// <summary>An operator lifts the ban.</summary>
    public sealed record Forget(DemoClient Client) : DemoStep;
}

/// <summary>
/// Which clients come in which order, and what happens meanwhile. Names and addresses are those reserved for documentation.
/// </summary>
internal static class DemoScript
{
    /// <summary>A list of sources of spam.</summary>
    public const string Blocklist = "block.example";

    /// <summary>A list that is less sure.</summary>
    public const string Greylist = "suspect.example";

    /// <summary>A list of trusted senders.</summary>
    public const string Trusted = "trusted.example";

    /// <summary>Always refused: the demonstration's <c>access.reject</c>.</summary>
    public const string RejectedNetwork = "203.0.113.192/26";

    private static readonly DemoListing Blocked = new(Blocklist, Code("127.0.0.4"), "seen sending spam; https://block.example/why");
    private static readonly DemoListing Suspected = new(Greylist, Code("127.0.0.2"), "dynamic address");
    private static readonly DemoListing Known = new(Trusted, Code("127.0.5.2"), "a mail provider");
    private static readonly P0fReply Linux = Runs("Linux", "3.11 and newer");
    private static readonly P0fReply WindowsXp = Runs("Windows", "XP");
    private static readonly ScriptedOpinion GoodHistory = new(VerdictAction.Pass, -1, "known for 3 years");
    private static readonly ScriptedOpinion Burst = new(VerdictAction.Enforce, 3, "400 mails/min");

    private static readonly DemoClient Provider = At("192.0.2.10") with { Listings = [Known], System = Linux, Opinion = GoodHistory };
    private static readonly DemoClient Ordinary = At("192.0.2.25") with { System = Linux };
    private static readonly DemoClient OrdinaryIPv6 = At("2001:db8::25") with { System = Linux, Opinion = GoodHistory };
    private static readonly DemoClient Listed = At("198.51.100.99") with { Listings = [Blocked] };

    /// <summary>The client that all sources speak against: the one to explain.</summary>
    public static readonly DemoClient Bot =
        At("198.51.100.23") with { Listings = [Blocked, Suspected], System = WindowsXp, Opinion = Burst };

    private static readonly DemoClient Shop = At("192.0.2.80") with { System = Linux, Mail = ("shop.example", "news@shop.example") };

    private static readonly DemoClient Liar = At("203.0.113.50") with
    {
        Listings = [Suspected],
        System = WindowsXp,
        Opinion = Burst,
        Mail = ("friend", "prince@bank.example"),
    };

    /// <summary>The demonstration, once through.</summary>
    public static ImmutableArray<DemoStep> Steps { get; } =
    [
        new DemoStep.Title("Clients arrive, at the plug-in door and at the policy door"),
        new DemoStep.Arrival(Ordinary),
        new DemoStep.Arrival(Provider),
        new DemoStep.Arrival(Listed),
        new DemoStep.Arrival(Bot),
        new DemoStep.Arrival(At("203.0.113.7") with { Listings = [Suspected] }),
        new DemoStep.Arrival(OrdinaryIPv6),
        new DemoStep.Arrival(At("198.51.100.40") with { System = WindowsXp }),
        new DemoStep.Arrival(At("2001:db8:bad::1") with { Listings = [Blocked, Suspected], Opinion = Burst }),
        new DemoStep.Arrival(At("203.0.113.200")),
        new DemoStep.Arrival(Liar),
        new DemoStep.Arrival(Shop),
        new DemoStep.Title("Clients that passed come again: the fleet knows them, and no source is asked"),
        new DemoStep.Arrival(Ordinary),
        new DemoStep.Arrival(Provider),
        new DemoStep.Title($"{Blocklist} stops answering: no client waits longer than the timeout"),
        new DemoStep.Outage(Begins: true),
        new DemoStep.Arrival(At("192.0.2.31") with { System = Linux }),
        new DemoStep.Arrival(At("192.0.2.32") with { System = Linux }),
        new DemoStep.Arrival(At("198.51.100.33") with { Listings = [Suspected], Opinion = Burst }),
        new DemoStep.Arrival(At("2001:db8::34") with { System = Linux }),
        new DemoStep.Status(IsDegraded: true),
        new DemoStep.Title($"{Blocklist} answers again"),
        new DemoStep.Outage(Begins: false),
        new DemoStep.Arrival(At("198.51.100.35") with { Listings = [Blocked] }),
        new DemoStep.Status(IsDegraded: false),
        new DemoStep.Title("An operator bans a client that had passed, and lifts the ban"),
        new DemoStep.Ban(Ordinary, "sends worms since noon"),
        new DemoStep.Arrival(Ordinary),
        new DemoStep.Forget(Ordinary),
        new DemoStep.Arrival(Ordinary),
    ];

    private static readonly ImmutableArray<DemoClient> Cast = [.. Steps.OfType<DemoStep.Arrival>().Select(a => a.Client).Distinct()];

    private static readonly ImmutableDictionary<ClientAddress, DemoClient> ByAddress = Cast.ToImmutableDictionary(c => c.Address);

    /// <summary>What the sources know of an address; of one that is not in the script, nothing.</summary>
    public static DemoClient Find(ClientAddress address) => ByAddress.GetValueOrDefault(address) ?? new DemoClient(address);

    /// <summary>The clients that come after the script has ended, without end.</summary>
    public static DemoClient Later(int number) => Cast[number % Cast.Length];

    private static DemoClient At(string address) => new(ClientAddress.Parse(address));

    private static AnswerCode Code(string text) => AnswerCode.TryParse(text, out var code) ? code : throw new FormatException(text);

    private static P0fReply Runs(string os, string flavor) => new(P0fStatus.Ok, os, flavor, "DSL", P0fMatch.Exact, 9, 0, 0, 0);
}
