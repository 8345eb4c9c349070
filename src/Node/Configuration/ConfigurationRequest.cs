using System.Collections;

namespace Screening.Node.Configuration;

/// <summary>Everything that decides which configuration is loaded, except the files themselves.</summary>
internal sealed record ConfigurationRequest
{
    /// <summary>The variable that names the configuration file.</summary>
    public const string FileVariable = "SCREENING_CONFIG";

    private const string StateVariable = "STATE_DIRECTORY";

    /// <summary>The file given by <c>--config</c>; null: not given.</summary>
    public string? ConfigPath { get; init; }

    /// <summary>Each <c>--set path=value</c>, in the order given.</summary>
    public IReadOnlyList<string> Sets { get; init; } = [];

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>The folder that relative paths of the configuration file start from.</summary>
    public string CurrentDirectory { get; init; } = ".";

    /// <summary>The folder of the host's configuration file.</summary>
    public string SystemDirectory { get; init; } = "/etc/screening";

    /// <summary>The system's list of resolvers, resolv.conf(5).</summary>
    public string ResolverFile { get; init; } = "/etc/resolv.conf";

    /// <summary>Whether the process may write to system folders.</summary>
    public bool IsRoot { get; init; }

    public string HostName { get; init; } = "localhost";

    /// <summary>
    /// The default of <c>node.data_dir</c>: the folder that systemd keeps for the service, where it does (systemd.exec(5)).
    /// </summary>
    public string DataDirectory =>
        Environment.GetValueOrDefault(StateVariable)?.Split(':')[0] is { Length: > 0 } state ? state
        : IsRoot ? "/var/lib/screening"
        : "./data";

    /// <summary>A request with what this process was given.</summary>
    public static ConfigurationRequest OfProcess(string? configPath, IReadOnlyList<string> sets) => new()
    {
        ConfigPath = configPath,
        Sets = sets,
        Environment = System.Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .ToDictionary(variable => (string)variable.Key, variable => (string?)variable.Value ?? ""),
        CurrentDirectory = Directory.GetCurrentDirectory(),
        IsRoot = System.Environment.IsPrivilegedProcess,
        HostName = System.Environment.MachineName,
    };
}
