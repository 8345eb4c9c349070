using System.Collections.Immutable;

namespace Screening.Node.Configuration;

/// <summary>
/// All settings of a node. Each property is a table of <c>screening.toml</c>, each of its properties a setting; names are the C# names in
/// snake case. Values are checked when loaded, so code that is given options can rely on the documented ranges.
/// </summary>
internal sealed record ScreeningOptions
{
    public NodeOptions Node { get; init; } = new();

    public EndpointOptions Endpoints { get; init; } = new();

    public DnsblZoneOptions DnsblZone { get; init; } = new();

    public VerdictOptions Verdict { get; init; } = new();

    public P0fOptions P0f { get; init; } = new();

    public DnsblOptions Dnsbl { get; init; } = new();

    /// <summary>The operator's own checks. <c>[[custom]]</c></summary>
    [SettingName("custom")]
    public ImmutableArray<CustomOptions> Customs { get; init; } = [];

    public AccessOptions Access { get; init; } = new();

    public PolicyOptions Policy { get; init; } = new();

    public CacheOptions Cache { get; init; } = new();

    public LimitsOptions Limits { get; init; } = new();

    public StoreOptions Store { get; init; } = new();

    public ClusterOptions Cluster { get; init; } = new();

    public HttpOptions Http { get; init; } = new();

    public LogOptions Log { get; init; } = new();

    /// <summary>Profiles by name, without the default one. Last, because they start as copies of the settings above.</summary>
    [SettingName("profile")]
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
