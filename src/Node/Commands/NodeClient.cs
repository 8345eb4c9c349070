using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Screening.Node.Api;
using Screening.Node.Commands.Display;
using Screening.Node.Endpoints.Http;
using Screening.Node.Platform;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Commands;

/// <summary>What a command asks of a node's API.</summary>
internal sealed class NodeClient(HttpClient http, CancellationToken cancellation)
{
    /// <summary>
    /// The shapes as a command reads them: every text comes clean, so that none can reach a terminal as a peer or a node of another release
    /// has sent it.
    /// </summary>
    public static ApiJson Shapes { get; } = new(new JsonSerializerOptions(ApiJson.Default.Options) { Converters = { new CleanText() } });

    /// <summary>Cancelled when the command is interrupted.</summary>
    public CancellationToken Cancellation => cancellation;

    public Task<NodeAnswer<T>> GetAsync<T>(string path, JsonTypeInfo<T> shape) => SendAsync(HttpMethod.Get, path, shape);

    /// <summary>Sends one request; a change names the user that runs the command.</summary>
    /// <exception cref="NodeProblemException">The node refuses.</exception>
    /// <exception cref="JsonException">What answers is not a node.</exception>
    public async Task<NodeAnswer<T>> SendAsync<T>(
        HttpMethod method, string path, JsonTypeInfo<T> shape, string? body = null, string mediaType = "application/json")
    {
        using var request = new HttpRequestMessage(method, path);
        if (method != HttpMethod.Get)
        {
            request.Headers.TryAddWithoutValidation(
                Caller.AuthorHeader, PeerText.Clean($"{AccountNames.OwnUser()}@{Environment.MachineName}"));
        }

        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, mediaType);
        using var response = await http.SendAsync(request, cancellation).ConfigureAwait(false);
        var text = await response.Content.ReadAsStringAsync(cancellation).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
            throw NodeProblemException.Of(response.StatusCode, JsonSerializer.Deserialize(text, ApiJson.Default.Problem));
        var value = JsonSerializer.Deserialize(text, shape) ?? throw new JsonException("null");
        return new NodeAnswer<T>(text, value, NextOf(response.Headers));
    }

    // RFC 8288, as this API writes it. Only the query counts: a command never leaves the path that it asked.
    private static string? NextOf(HttpResponseHeaders headers)
    {
        if (!headers.TryGetValues("Link", out var links))
            return null;
        var next = links.SelectMany(l => l.Split(',')).FirstOrDefault(l => l.EndsWith("rel=\"next\"", StringComparison.Ordinal));
        return next is null ? null : next[next.IndexOf('?', StringComparison.Ordinal)..next.IndexOf('>', StringComparison.Ordinal)];
    }
}

/// <summary>What a node answered.</summary>
/// <param name="Text">
/// The response as it came, for <c>--json</c>: a node of a later release may tell more than <paramref name="Value"/> holds.
/// </param>
/// <param name="Next">The query of the next page; null: there is none.</param>
internal sealed record NodeAnswer<T>(string Text, T Value, string? Next);

/// <summary>The node refuses, or cannot do what is asked.</summary>
internal sealed class NodeProblemException(HttpStatusCode status, IReadOnlyList<string> lines) : Exception(lines[0])
{
    private const string TokenHint =
        "use --node unix:///PATH with the node's unix socket (endpoints.http), or --token-file FILE with its token (http.token_file)";

    public HttpStatusCode Status => status;

    /// <summary>Its reasons, for people.</summary>
    public IReadOnlyList<string> Lines => lines;

    /// <summary>What the node cannot do at present is as if it could not be reached; anything else is a mistake in the question.</summary>
    public int ExitStatus => (int)status >= 500 ? Commands.ExitStatus.Unreachable : Commands.ExitStatus.Usage;

    public static NodeProblemException Of(HttpStatusCode status, Problem? problem)
    {
        List<string> lines = [problem?.Detail ?? $"the node answered {(int)status}", .. problem?.Errors ?? []];
        if (status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
            lines.Add(TokenHint);
        return new NodeProblemException(status, lines);
    }
}
