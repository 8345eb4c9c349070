using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Screening.Actors.Checks;
using Screening.Actors.Checks.Custom;
using Screening.Protocol.Plugin;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Sources.Custom;

/// <summary>
/// Asks an URL: a POST of <see cref="CustomUrlRequest"/>, answered by <see cref="CustomUrlReply"/>. No redirects, no proxy, no cookies;
/// an answer over <see cref="MaxReplyBytes"/> is refused.
/// </summary>
/// <remarks>Messages to the operator name the host, not the path or query: they may hold a token.</remarks>
public sealed class UrlTransport : ICustomTransport, IDisposable
{
    /// <summary>Longest answer.</summary>
    public const int MaxReplyBytes = 16 * 1024;

    private const int MaxConnections = 32;
    private const int MaxHeaderKilobytes = 16;
    private static readonly TimeSpan ConnectionLife = TimeSpan.FromMinutes(5);
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private readonly HttpClient _client;
    private readonly Uri _url;
    private readonly SourceHealth _health;
    private readonly TimeProvider _time;

    /// <param name="name">The check's name, for messages.</param>
    /// <param name="url">http or https.</param>
    public UrlTransport(string name, Uri url, TimeProvider time, ILogger<UrlTransport> log)
    {
        _url = url;
        _health = new SourceHealth($"custom check {name} at {url.Authority}", log);
        _time = time;
        _client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            MaxConnectionsPerServer = MaxConnections,
            MaxResponseHeadersLength = MaxHeaderKilobytes,
            PooledConnectionLifetime = ConnectionLife,
            ActivityHeadersPropagator = null,
        })
        {
            Timeout = Timeout.InfiniteTimeSpan, // Each question brings its own.
        };
        _client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("screening", null));
        _client.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
    }

    /// <inheritdoc/>
    public async Task<CustomReply> AskAsync(CheckSubject subject, TimeSpan timeout, CancellationToken cancellation)
    {
        using var deadline = new CancellationTokenSource(timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        try
        {
            var reply = Judge(await PostAsync(subject, either.Token).ConfigureAwait(false));
            _health.Answered();
            return reply;
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw deadline.IsCancellationRequested
                ? Failure(CheckFailure.Timeout, $"no answer in {timeout.TotalMilliseconds:0} ms", e)
                : Failure(CheckFailure.Unreachable, "the node is shutting down", e);
        }
        catch (HttpRequestException e)
        {
            throw Failure(KindOf(e.HttpRequestError), TextOf(e), e);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            throw Failure(CheckFailure.Unreachable, SourceText.Of(e), e);
        }
        catch (JsonException e)
        {
            throw Failure(CheckFailure.BadAnswer, "its answer is not the JSON that was agreed on", e);
        }
    }

    public void Dispose() => _client.Dispose();

    private static CheckFailure KindOf(HttpRequestError error) => error switch
    {
        HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded or HttpRequestError.HttpProtocolError
            => CheckFailure.BadAnswer,
        _ => CheckFailure.Unreachable,
    };

    private static string TextOf(HttpRequestException error) =>
        error.HttpRequestError switch
        {
            HttpRequestError.InvalidResponse or HttpRequestError.HttpProtocolError => "its answer is not HTTP",
            HttpRequestError.ConfigurationLimitExceeded => "its answer is too long",
            HttpRequestError.ResponseEnded => "closed before the answer was complete",
            HttpRequestError.SecureConnectionError => $"TLS failed: {SourceText.Of(error)}",
            _ => SourceText.Of(error),
        };

    private SourceException Failure(CheckFailure failure, string what, Exception? inner = null)
    {
        if (failure == CheckFailure.Unreachable)
            _health.Lost(what);
        return SourceText.Failure(failure, $"{_health.Name}: {what}", inner);
    }

    private async Task<CustomUrlReply?> PostAsync(CheckSubject subject, CancellationToken cancellation)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(
            new CustomUrlRequest(
                subject.QueryId, subject.Client.ToString(), subject.Local?.ToString(), subject.Profile, subject.Helo, subject.Sender),
            CustomJson.Default.CustomUrlRequest);
        using var request = new HttpRequestMessage(HttpMethod.Post, _url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = Json;
        using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
            throw Failure(CheckFailure.BadAnswer, $"it answered {(int)response.StatusCode}");
        var reply = await ReadAsync(response.Content, cancellation).ConfigureAwait(false);
        return JsonSerializer.Deserialize(reply.Span, CustomJson.Default.CustomUrlReply);
    }

    private async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContent content, CancellationToken cancellation)
    {
        await using var stream = await content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        var buffer = new byte[MaxReplyBytes + 1];
        var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
        return length <= MaxReplyBytes
            ? buffer.AsMemory(0, length)
            : throw Failure(CheckFailure.BadAnswer, $"its answer is over {MaxReplyBytes} bytes");
    }

    private CustomReply Judge(CustomUrlReply? reply)
    {
        if (reply?.Action is null || !VerdictActionWords.TryParse(Encoding.UTF8.GetBytes(reply.Action), out var action))
            throw Failure(CheckFailure.BadAnswer, "its answer has no action that is known");
        if (reply.Score is < -PluginAnswer.MaxScore or > PluginAnswer.MaxScore)
            throw Failure(CheckFailure.BadAnswer, "its answer's score is out of range");
        if (action == VerdictAction.Pass && reply.Ttl is < 1 or > int.MaxValue)
            throw Failure(CheckFailure.BadAnswer, "its answer's ttl is out of range");
        return new CustomReply(
            action,
            action == VerdictAction.Pass ? (int?)reply.Ttl : null,
            (int?)reply.Score,
            reply.Reason is null ? null : PeerText.Clean(reply.Reason, PluginAnswer.MaxReasonLength));
    }
}
