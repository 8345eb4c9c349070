using System.CommandLine;
using System.Net.Http.Headers;
using System.Text.Json;
using Screening.Node.Configuration;
using Screening.Node.Platform;

namespace Screening.Node.Commands;

/// <summary>The options of commands that talk to a node, and the talking.</summary>
internal static class NodeConnection
{
    /// <summary>The variable that names the node.</summary>
    public const string NodeVariable = "SCREENING_NODE";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly Option<string?> Node = new("--node")
    {
        Description = $"The node: http://HOST:PORT or unix:///PATH. Else ${NodeVariable}, else the configuration's first endpoints.http.",
        HelpName = "URL",
    };

    private static readonly Option<string?> TokenFile = new("--token-file")
    {
        Description = "A file that holds the token for changes.",
        HelpName = "FILE",
    };

    private static readonly Option<bool> Json = new("--json") { Description = "Print JSON." };

    /// <summary>Gives a command the options that all of them take, behind its own.</summary>
    public static Command TalksToNode(this Command command)
    {
        foreach (var option in (Option[])[Json, Node, TokenFile])
            command.Add(option);
        ConfigurationOptions.AddTo(command);
        return command;
    }

    /// <summary>Gets one JSON document from the node and prints it; turns every failure into words and a status.</summary>
    /// <param name="show">The document as text for people.</param>
    /// <param name="status">The exit status that the document means.</param>
    public static Task<int> GetAsync(
        ParseResult parsed, string path, Func<JsonElement, string> show, Func<JsonElement, int> status, CancellationToken cancellation) =>
        TalkAsync(parsed, node => node.GetAsync(path), answer => PrintAsync(parsed, answer, show, status), cancellation);

    /// <summary>Asks for one JSON document, whichever way, and goes on with it.</summary>
    public static Task<int> TalkAsync(
        ParseResult parsed, Func<NodeClient, Task<NodeAnswer>> ask, Func<NodeAnswer, Task<int>> then, CancellationToken cancellation) =>
        TalkAsync(
            parsed,
            async node =>
            {
                using var answer = await ask(node).ConfigureAwait(false);
                return await then(answer).ConfigureAwait(false);
            },
            cancellation);

    /// <summary>Talks to the node; turns every failure into words and a status.</summary>
    public static async Task<int> TalkAsync(ParseResult parsed, Func<NodeClient, Task<int>> talk, CancellationToken cancellation)
    {
        var error = parsed.InvocationConfiguration.Error;
        if (!TryFindNode(parsed, out var url, out var fault) || !TryReadToken(parsed, out var token, out fault))
            return await ExitStatus.FailAsync(error, ExitStatus.Usage, fault).ConfigureAwait(false);
        using var client = url.CreateClient();
        client.Timeout = Patience;
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
            return await ExitStatus.FailAsync(error, ExitStatus.Unreachable, $"cannot reach the node at {url}: {SystemError.Words(problem)}").ConfigureAwait(false);
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return await ExitStatus.FailAsync(error, ExitStatus.Unreachable, $"what answers at {url} is no screening node").ConfigureAwait(false);
        }
    }

    /// <summary>Prints an answer, as JSON where that is asked for.</summary>
    public static async Task<int> PrintAsync(
        ParseResult parsed, NodeAnswer answer, Func<JsonElement, string> show, Func<JsonElement, int> status)
    {
        var text = IsJson(parsed) ? answer.Text : show(answer.Root);
        await parsed.InvocationConfiguration.Output.WriteLineAsync(text).ConfigureAwait(false);
        return status(answer.Root);
    }

    /// <summary>True if JSON is asked for.</summary>
    public static bool IsJson(ParseResult parsed) => parsed.GetValue(Json);

    private static bool TryFindNode(ParseResult parsed, out NodeUrl url, out string fault)
    {
        fault = "";
        url = new NodeUrl("");
        var given = parsed.GetValue(Node) ?? Environment.GetEnvironmentVariable(NodeVariable);
        if (!string.IsNullOrEmpty(given))
        {
            url = new NodeUrl(given);
            fault = url.IsValid ? "" : $"'{given}' is no node: http://HOST:PORT or unix:///PATH";
            return url.IsValid;
        }

        var configuration = ConfigurationLoader.Load(ConfigurationOptions.Read(parsed));
        if (configuration.Options is not { } options)
            fault = string.Join('\n', configuration.Faults);
        else if (options.Endpoints.Http.IsEmpty)
            fault = "the configuration has no endpoints.http; use --node";
        else
            url = NodeUrl.OfEndpoint(options.Endpoints.Http[0].ToString(), tls: options.Http.Certificate.Length > 0);
        return fault.Length == 0;
    }

    private static bool TryReadToken(ParseResult parsed, out string? token, out string fault)
    {
        token = null;
        fault = "";
        if (parsed.GetValue(TokenFile) is not { } file)
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
