using System.Net.Sockets;
using Screening.Node.Platform;

namespace Screening.Node.Commands;

/// <summary>Where a node's HTTP API is: <c>http://HOST:PORT</c>, <c>https://HOST:PORT</c> or <c>unix:///PATH</c>.</summary>
internal sealed record NodeUrl(string Text)
{
    private const string UnixScheme = "unix://";

    /// <summary>True for a unix socket.</summary>
    public bool IsUnix => Text.StartsWith(UnixScheme, StringComparison.Ordinal);

    /// <summary>True if the text has one of the forms.</summary>
    public bool IsValid =>
        Text.StartsWith(UnixScheme + "/", StringComparison.Ordinal)
        || (Uri.TryCreate(Text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https");

    /// <summary>The API's address at a listener, given as the listener's URI.</summary>
    public static NodeUrl OfEndpoint(string uri, bool tls = false)
    {
        var query = uri.IndexOf('?', StringComparison.Ordinal);
        return new NodeUrl((query < 0 ? uri : uri[..query])
            .Replace("tcp://", tls ? "https://" : "http://", StringComparison.Ordinal)
            .Replace("//0.0.0.0:", "//127.0.0.1:", StringComparison.Ordinal)
            .Replace("//[::]:", "//[::1]:", StringComparison.Ordinal));
    }

    /// <summary>A client whose relative addresses are the API's paths.</summary>
    public HttpClient CreateClient()
    {
        var handler = new SocketsHttpHandler { UseProxy = false };
        if (!IsUnix)
            return new HttpClient(handler) { BaseAddress = new Uri(Text.TrimEnd('/') + "/") };
        var path = Text[UnixScheme.Length..];
        handler.ConnectCallback = (_, cancellation) => ConnectAsync(path, cancellation);
        return new HttpClient(handler) { BaseAddress = new Uri("http://localhost/") };
    }

    public override string ToString() => Text;

    private static async ValueTask<Stream> ConnectAsync(string path, CancellationToken cancellation) =>
        new NetworkStream(await UnixSocket.ConnectAsync(path, cancellation).ConfigureAwait(false), ownsSocket: true);
}
