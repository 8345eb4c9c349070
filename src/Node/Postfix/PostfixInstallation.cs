using System.Text.RegularExpressions;

namespace Screening.Node.Postfix;

/// <summary>One service of master.cf(5).</summary>
/// <param name="Name">Its name: a socket, a port, or an address and a port.</param>
/// <param name="Type"><c>inet</c>, <c>unix</c>, <c>pass</c> and so on.</param>
/// <param name="Chroot">The column chroot: <c>y</c>, <c>n</c> or <c>-</c> for the default.</param>
/// <param name="Command">The program, without its arguments.</param>
internal sealed record PostfixService(string Name, string Type, string Chroot, string Command);

/// <summary>The Postfix that lines are written for: the one on this host, as postconf(1) reports it, else one with the defaults.</summary>
internal sealed partial record PostfixInstallation(Version Version)
{
    /// <summary>The oldest Postfix that has a postscreen.</summary>
    public static readonly Version Oldest = new(2, 8);

    /// <summary>The newest Postfix whose names are known here.</summary>
    public static readonly Version Newest = new(3, 12);

    // The last of Postfix 2: 3.0 follows it.
    private static readonly Version LastOfSecond = new(2, 11);

    /// <summary>queue_directory.</summary>
    public string QueueFolder { get; init; } = "/var/spool/postfix";

    /// <summary>config_directory.</summary>
    public string ConfigFolder { get; init; } = "/etc/postfix";

    /// <summary>The parameters that main.cf gives, as written.</summary>
    public IReadOnlyDictionary<string, string> MainCf { get; init; } = new Dictionary<string, string>();

    /// <summary>The services of master.cf; empty if it cannot be read.</summary>
    public IReadOnlyList<PostfixService> Services { get; init; } = [];

    /// <summary>Whether postscreen answers on a port; null if master.cf cannot be read.</summary>
    public bool? HasPostscreen => Services.Count == 0 ? null : Services.Any(service => service is { Type: "inet", Command: "postscreen" });

    /// <summary>Reads what is installed.</summary>
    /// <param name="version">Taken instead of the installed one's; null: the installed one's, or the newest.</param>
    /// <param name="configFolder">Taken as config_directory; null: the installed one's.</param>
    public static async Task<PostfixInstallation> ReadAsync(Version? version, string? configFolder)
    {
        var main = await AskAsync("-n").ConfigureAwait(false);
        var installed = new PostfixInstallation(version ?? await VersionAsync().ConfigureAwait(false) ?? Newest)
        {
            MainCf = main is null ? new Dictionary<string, string>() : PostfixParameters.Parse(main).Raw,
            Services = [.. ServicesOf(await AskAsync("-M").ConfigureAwait(false) ?? "")],
        };
        return installed with
        {
            QueueFolder = await FolderAsync("queue_directory").ConfigureAwait(false) ?? installed.QueueFolder,
            ConfigFolder = configFolder ?? await FolderAsync("config_directory").ConfigureAwait(false) ?? installed.ConfigFolder,
        };

        async Task<string?> AskAsync(params string[] arguments)
        {
            string[] all = configFolder is null ? arguments : ["-c", configFolder, .. arguments];
            return (await PostconfProgram.RunAsync(all).ConfigureAwait(false)).Output;
        }

        async Task<Version?> VersionAsync() =>
            TryParseVersion((await AskAsync("-dh", "mail_version").ConfigureAwait(false) ?? "").Trim(), out var found) ? found : null;

        async Task<string?> FolderAsync(string name) =>
            (await AskAsync("-h", name).ConfigureAwait(false))?.Trim() is { } folder && Path.IsPathRooted(folder) ? folder : null;
    }

    /// <summary>Whether a program may run in a chroot, which is the queue's folder. True if master.cf cannot be read.</summary>
    public bool MayBeChrooted(string command) => Services.Count == 0 || Services.Any(
        service => service.Command == command && (service.Chroot == "y" || (service.Chroot == "-" && Version.Major < 3)));

    /// <summary>Reads <c>3.7.11</c>, <c>3.9</c> or a snapshot's <c>3.12-20260821</c>.</summary>
    public static bool TryParseVersion(string text, out Version version)
    {
        var match = VersionText().Match(text);
        version = match.Success && Version.TryParse(match.Groups["version"].Value, out var read) ? read : new Version();
        return match.Success;
    }

    /// <summary>True for a release of Postfix that has a postscreen and whose names are known here.</summary>
    public static bool IsKnown(Version version) => version >= Oldest && version <= Newest && (version.Major > 2 || version <= LastOfSecond);

    // Lines of "postconf -M": name, type, private, unprivileged, chroot, wakeup, limit, command and arguments.
    private static IEnumerable<PostfixService> ServicesOf(string text) => text
        .Split('\n')
        .Select(line => line.Split((char[]?)null, 9, StringSplitOptions.RemoveEmptyEntries))
        .Where(fields => fields.Length >= 8 && fields[0][0] != '#')
        .Select(fields => new PostfixService(fields[0], fields[1], fields[4], fields[7]));

    [GeneratedRegex(@"^(?<version>[0-9]{1,4}\.[0-9]{1,4})(\.[0-9]{1,4})?(-.*)?\z")]
    private static partial Regex VersionText();
}
