using Screening.Node.Api;
using Screening.Node.Commands.Usage;
using Screening.Node.Configuration;
using Screening.Node.Telemetry;

namespace Screening.Node.Commands;

/// <summary>
/// What a node prints once it listens: for scripts the <c>listening</c> lines and <c>ready</c>, for people what to try next.
/// </summary>
internal static class Welcome
{
    private const string Program = CommandPath.Program;
    private const string UsualHttp = "tcp://127.0.0.1:10080";

    public static async Task WriteAsync(TextWriter output, ScreeningOptions options, IReadOnlyList<OpenEndpoint> endpoints, string? file)
    {
        var lines = endpoints.Select(e => $"listening {e.Kind} {e.Uri}").Append("ready").Concat(Hints(options, endpoints, file));
        try
        {
            await output.WriteLineAsync(string.Join('\n', lines)).ConfigureAwait(false);
            await output.FlushAsync().ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // Standard output is closed: nobody reads this, and the node serves all the same.
        }
    }

    private static IEnumerable<string> Hints(ScreeningOptions options, IReadOnlyList<OpenEndpoint> endpoints, string? file)
    {
        yield return "";
        var configuration = file ?? "none, all defaults";
        yield return $"screening {NodeStatus.Version} on {options.Node.Name}, configuration: {configuration}. Ctrl-C stops it.";
        if (options.Dnsbl.Sites.IsEmpty && options.P0f.Socket.Length == 0 && options.Customs.IsEmpty)
        {
            yield return "";
            yield return "No list is configured yet, so every client gets the default verdict. "
                + $"Put this into {file ?? "./screening.toml"} and start again:";
            yield return "";
            yield return "    [dnsbl]";
            yield return "    sites = \"zen.spamhaus.org=127.0.0.[2..11]*3, list.dnswl.org=127.0.[2..9;11..15].[1..3]*-3\"";
            yield return "";
            yield return "To see a node with lists at work, with clients of its own making:";
            yield return "";
            yield return $"    {ProgramName()} demo";
        }

        yield return "";
        yield return "Ask for a verdict, from another terminal:";
        yield return "";
        yield return $"    {ProgramName()} check 192.0.2.10 --explain{NodeOption(endpoints)}";
        if (endpoints.FirstOrDefault(e => e.Kind == "plugin") is { } plugin)
            yield return $"    printf 'query_id=1\\nremote_address=192.0.2.10\\n\\n' | socat -t2 - {Socat(plugin.Uri)}";
    }

    /// <summary>The program as it can be started from here: an installed one by its name, one of a checkout is under bin.</summary>
    public static string ProgramName() =>
        Environment.ProcessPath is { } path && Path.GetFileName(path) == Program
            ? (IsOnPath(path, Environment.GetEnvironmentVariable("PATH") ?? "") ? Program : Shorter(path))
            : $"dotnet {Shorter(typeof(Welcome).Assembly.Location)}";

    /// <summary>True if a shell with these folders on its path finds this program.</summary>
    internal static bool IsOnPath(string path, string folders) =>
        folders.Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => new FileInfo(Path.Combine(folder, Program)))
            .Any(file => file.Exists && (file.ResolveLinkTarget(returnFinalTarget: true) ?? file).FullName == path);

    private static string Shorter(string path)
    {
        var relative = Path.GetRelativePath(Directory.GetCurrentDirectory(), path);
        if (relative.StartsWith("..", StringComparison.Ordinal) || relative.Length + 1 == path.Length)
            return path; // Elsewhere, or the folder is the root.
        return relative.Contains('/', StringComparison.Ordinal) ? relative : "./" + relative;
    }

    private static string NodeOption(IReadOnlyList<OpenEndpoint> endpoints) =>
        endpoints.FirstOrDefault(e => e.Kind == "http") is { } http && http.Uri != UsualHttp
            ? $" --node {NodeUrl.OfEndpoint(http.Uri)}"
            : "";

    private static string Socat(string uri) => uri.StartsWith("unix://", StringComparison.Ordinal)
        ? $"UNIX-CONNECT:{uri["unix://".Length..]}"
        : $"TCP:{uri["tcp://".Length..]}";
}
