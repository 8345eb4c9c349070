using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Screening.Node.Endpoints.Http;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Commands;

/// <summary>What a command asks of a node's API.</summary>
internal sealed class NodeClient(HttpClient http, CancellationToken cancellation)
{
    /// <summary>Cancelled when the command is interrupted.</summary>
    public CancellationToken Cancellation => cancellation;

    public Task<NodeAnswer> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    /// <summary>Sends one request; a change names the user that runs the command.</summary>
    /// <exception cref="NodeProblemException">The node refuses.</exception>
    public async Task<NodeAnswer> SendAsync(HttpMethod method, string path, string? body = null, string mediaType = "application/json")
    {
        using var request = new HttpRequestMessage(method, path);
        if (method != HttpMethod.Get)
            request.Headers.TryAddWithoutValidation(Caller.AuthorHeader, PeerText.Clean($"{Environment.UserName}@{Environment.MachineName}"));
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, mediaType);
        using var response = await http.SendAsync(request, cancellation).ConfigureAwait(false);
        var text = await response.Content.ReadAsStringAsync(cancellation).ConfigureAwait(false);
        var document = JsonDocument.Parse(text);
        if (response.IsSuccessStatusCode)
            return new NodeAnswer(text, document, NextOf(response.Headers));
        using (document)
            throw NodeProblemException.Of(response.StatusCode, document.RootElement);
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
/// <param name="Next">The query of the next page; null: there is none.</param>
internal sealed record NodeAnswer(string Text, JsonDocument Document, string? Next) : IDisposable
{
    public JsonElement Root => Document.RootElement;

    public void Dispose() => Document.Dispose();
}

/// <summary>The node refuses, or cannot do what is asked.</summary>
internal sealed class NodeProblemException(HttpStatusCode status, IReadOnlyList<string> lines) : Exception(lines[0])
{
    public HttpStatusCode Status => status;

    /// <summary>Its reasons, for people.</summary>
    public IReadOnlyList<string> Lines => lines;

    /// <summary>What the node cannot do at present is as if it could not be reached; anything else is a mistake in the question.</summary>
    public int ExitStatus => (int)status >= 500 ? Commands.ExitStatus.Unreachable : Commands.ExitStatus.Usage;

    public static NodeProblemException Of(HttpStatusCode status, JsonElement problem)
    {
        var detail = problem.TryGetProperty("detail", out var text) ? text.GetString() ?? "" : $"the node answered {(int)status}";
        var lines = new List<string> { detail };
        if (problem.TryGetProperty("errors", out var errors) && errors.ValueKind == JsonValueKind.Array)
            lines.AddRange(errors.EnumerateArray().Select(e => e.ToString()));
        if (status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
            lines.Add("use --node unix:///PATH with the node's unix socket (endpoints.http), or --token-file FILE with its token (http.token_file)");
        return new NodeProblemException(status, lines);
    }
}
