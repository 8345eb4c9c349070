using System.CommandLine;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using Screening.Node.Commands.Display;
using Screening.Node.Platform;

namespace Screening.Node.Commands;

/// <summary>The options of commands that ask a node, and how they ask it.</summary>
internal static class NodeConnection
{
    /// <summary>The variable that names the node.</summary>
    public const string NodeVariable = "SCREENING_NODE";

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    private static readonly Option<string?> Node = new("--node")
    {
        Description =
            $"The node: http://HOST:PORT or unix:///PATH. Default: ${NodeVariable}, or the first endpoints.http of the configuration.",
        HelpName = "URL",
    };

    private static readonly Option<string?> TokenFile = TokenOption(hidden: false);

    // Taken by commands that need no token, so that a script can give all of them the same options.
    private static readonly Option<string?> UnneededTokenFile = TokenOption(hidden: true);

    private static readonly Option<bool> Json = new("--json") { Description = "Print JSON." };

    /// <summary>Gives a command the options that all of them take, behind its own.</summary>
    public static Command TalksToNode(this Command command, NodeAccess access)
    {
        foreach (var option in (Option[])[Json, Node, access == NodeAccess.Trusted ? TokenFile : UnneededTokenFile])
            command.Add(option);
        ConfigurationOptions.AddTo(command);
        return command;
    }

    /// <summary>Asks the node; turns every failure into a message and an exit status.</summary>
    /// <param name="timeout">How long an answer may take, if not as long as usual.</param>
    public static async Task<int> TalkAsync(
        ParseResult parsed, Func<NodeClient, Task<int>> talk, CancellationToken cancellation, TimeSpan? timeout = null)
    {
        var error = parsed.InvocationConfiguration.Error;
        if (!TryReadToken(parsed, out var token, out var fault) || !TryFindNode(parsed, token is not null, out var url, out fault))
            return await ExitStatus.FailAsync(error, ExitStatus.Usage, fault).ConfigureAwait(false);
        using var client = url.CreateClient();
        client.Timeout = timeout ?? Timeout;
        if (token is not null)
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        try
        {
            return await talk(new NodeClient(client, cancellation)).ConfigureAwait(false);
        }
        catch (NodeProblemException problem)
        {
            return await ExitStatus.FailAsync(error, problem.ExitStatus, problem.Lines).ConfigureAwait(false);
        }
        catch (Exception problem) when (problem is HttpRequestException or HttpIOException or TaskCanceledException)
        {
            return await ExitStatus.FailAsync(error, ExitStatus.Unreachable, Unreachable(url, problem, client.Timeout))
                .ConfigureAwait(false);
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException)
        {
            return await ExitStatus.FailAsync(error, ExitStatus.Unreachable, $"what answers at {url} is not a screening node")
                .ConfigureAwait(false);
        }
    }

    /// <summary>Prints an answer, as JSON where that is asked for.</summary>
    public static Task PrintAsync<T>(ParseResult parsed, NodeAnswer<T> answer, Func<Screen, T, Task> show)
    {
        var output = parsed.InvocationConfiguration.Output;
        return IsJson(parsed) ? output.WriteLineAsync(answer.Text) : show(Screen.Of(output), answer.Value);
    }

    /// <inheritdoc cref="PrintAsync{T}(ParseResult, NodeAnswer{T}, Func{Screen, T, Task})"/>
    public static Task PrintAsync<T>(ParseResult parsed, NodeAnswer<T> answer, Func<T, string> show) =>
        PrintAsync(parsed, answer, (_, value) => parsed.InvocationConfiguration.Output.WriteLineAsync(show(value)));

    /// <summary>True if JSON is asked for.</summary>
    public static bool IsJson(ParseResult parsed) => parsed.GetValue(Json);

    private static Option<string?> TokenOption(bool hidden) => new("--token-file")
    {
        Description = "A file that holds the token (http.token_file) that changes over TCP need; a unix socket needs none.",
        HelpName = "FILE",
        Hidden = hidden,
    };

    private static IEnumerable<string> Unreachable(NodeUrl url, Exception problem, TimeSpan timeout)
    {
        var reason = problem switch
        {
            TaskCanceledException => string.Create(CultureInfo.InvariantCulture, $"no answer within {timeout.TotalSeconds:0} s"),
            _ => SystemError.Words(problem),
        };
        yield return $"cannot reach the node at {url}: {reason}";
        if (url.IsUnix && problem.InnerException is SocketException { SocketErrorCode: SocketError.AccessDenied })
            yield return "run the command with sudo, or as a member of the group that owns the socket";
    }

    private static bool TryFindNode(ParseResult parsed, bool hasToken, out NodeUrl url, out string fault)
    {
        fault = "";
        url = new NodeUrl("");
        var given = parsed.GetValue(Node) ?? Environment.GetEnvironmentVariable(NodeVariable);
        if (!string.IsNullOrEmpty(given))
        {
            url = new NodeUrl(given);
            fault = url.IsValid ? "" : $"'{given}' is not the address of a node: http://HOST:PORT or unix:///PATH";
            return url.IsValid;
        }

        var configuration = ConfigurationOptions.Load(parsed);
        var access = parsed.CommandResult.Command.Options.Contains(TokenFile) ? NodeAccess.Trusted : NodeAccess.Open;
        if (configuration.Options is not { } options)
            fault = string.Join('\n', configuration.Faults);
        else if (NodeChoice.Of(options, access, hasToken) is { } chosen)
            url = chosen;
        else
            fault = "the configuration has no endpoints.http; use --node";
        return fault.Length == 0;
    }

    private static bool TryReadToken(ParseResult parsed, out string? token, out string fault)
    {
        token = null;
        fault = "";
        if (parsed.GetValue<string?>(TokenFile.Name) is not { } file)
            return true;
        try
        {
            token = File.ReadAllText(file).Trim();
            fault = token.Length > 0 && token.All(letter => letter is > ' ' and <= '~') ? "" : $"--token-file: {file} holds no token";
            return fault.Length == 0;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            fault = $"--token-file: {file}: {SystemError.Words(problem, file)}";
            return false;
        }
    }
}
