using System.Collections.Immutable;

namespace Screening.Node.Configuration;

/// <summary>
/// All settings of a node. Each property is a table of <c>screening.toml</c>, each of its properties a setting. Values are checked when
/// loaded, so code that is given options can rely on the ranges that their definitions state.
/// </summary>
internal sealed record ScreeningOptions
{
    /// <summary>What <see cref="Customs"/> are, in a profile too.</summary>
    public const string CustomsMeaning = "a check of your own, by exactly one of `plugin`, `url` and `command`; any number";

    [Setting("this node", Restart = true)]
    public NodeOptions Node { get; init; } = new();

    [Setting("where the doors listen: lists of addresses; `[]` closes a door, port 0 takes a free port", Restart = true)]
    public EndpointOptions Endpoints { get; init; } = new();

    [Setting("the zone of the DNSBL doors", Restart = true)]
    public DnsblZoneOptions DnsblZone { get; init; } = new();

    [Setting("when an answer is due, how long it is valid, and what a score means; each setting may stand in a profile")]
    public VerdictOptions Verdict { get; init; } = new();

    [Setting("p0f, which recognizes a client's operating system by its packets")]
    public P0fOptions P0f { get; init; } = new();

    [Setting("the DNS lists that are asked")]
    public DnsblOptions Dnsbl { get; init; } = new();

    [Setting(CustomsMeaning, Name = "custom")]
    public ImmutableArray<CustomOptions> Customs { get; init; } = [];

    [Setting("permanent lists; the longest match decides, reject before permit at equal length; files are read again when they change")]
    public AccessOptions Access { get; init; } = new();

    [Setting("when clients' addresses count as lost behind a NAT or a load balancer")]
    public ClientsOptions Clients { get; init; } = new();

    [Setting("the policy door")]
    public PolicyOptions Policy { get; init; } = new();

    [Setting("the whitelist, and what each node keeps of it", Restart = true)]
    public CacheOptions Cache { get; init; } = new();

    [Setting("limits on what peers can use", Restart = true)]
    public LimitsOptions Limits { get; init; } = new();

    [Setting("where the whitelist is stored", Restart = true)]
    public StoreOptions Store { get; init; } = new();

    [Setting("how the nodes of a fleet find and trust each other", Restart = true)]
    public ClusterOptions Cluster { get; init; } = new();

    [Setting("API, metrics and web page", Restart = true)]
    public HttpOptions Http { get; init; } = new();

    [Setting("the decision log, and the form of the node's own", Restart = true)]
    public LogOptions Log { get; init; } = new();

    [Setting("metrics, traces and logs for an OpenTelemetry collector", Restart = true)]
    public OtlpOptions Otlp { get; init; } = new();

    // Last, because profiles start as copies of the settings above.
    [Setting("other settings for some clients, by a name that is a DNS label; a profile inherits what it does not set", Name = "profile")]
    public ImmutableSortedDictionary<string, ProfileOptions> Profiles { get; init; } =
        ImmutableSortedDictionary.Create<string, ProfileOptions>(StringComparer.Ordinal);

    /// <summary>A profile's effective settings; <see cref="ProfileOptions.DefaultName"/> gives those outside of any profile.</summary>
    /// <returns>Null when there is no such profile.</returns>
    public ProfileOptions? EffectiveProfile(string name) =>
        name == ProfileOptions.DefaultName ? ProfileOptions.InheritedFrom(this) : Profiles.GetValueOrDefault(name);

    /// <summary>The folder of the decision log.</summary>
    public string DecisionsFolder() => Log.Decisions.Length > 0 ? Log.Decisions : Path.Combine(Node.DataDir, "decisions");

    /// <summary>The same settings with the data folder's path in place of <c>DATA_DIR</c>.</summary>
    /// <param name="currentDirectory">The folder that a relative <c>node.data_dir</c> starts from.</param>
    public ScreeningOptions WithDataDir(string currentDirectory) =>
        this with { Endpoints = Endpoints.Within(Path.GetFullPath(Path.Combine(currentDirectory, Node.DataDir))) };

    /// <summary>The defaults on a host.</summary>
    /// <param name="dataDirectory">The folder for data.</param>
    /// <param name="hostName">The host's name.</param>
    public static ScreeningOptions Defaults(string dataDirectory, string hostName) => new()
    {
        Node = new NodeOptions { Name = hostName, DataDir = dataDirectory },
    };
}
