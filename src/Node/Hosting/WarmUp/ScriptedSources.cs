using System.Globalization;
using System.Net;
using Screening.Node.Hosting.Scripted;
using Screening.Protocol.Dns;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Hosting.WarmUp;

/// <summary>
/// A resolver and a p0f for a rehearsal: a list that lists nobody and is silent about every third client, and a p0f that has never seen
/// anybody.
/// </summary>
internal sealed class ScriptedSources : IDisposable
{
    /// <summary>The list.</summary>
    public const string List = "list.invalid";

    // RFC 2544 section C.2.2: addresses of benchmarks, never of a client.
    private const uint FirstClient = 0xC6120000;
    private const int SilentEvery = 3;

    private static readonly ScriptedAnswer NotListed = new(List, new DnsAnswerContent(DnsRcode.NxDomain, null, 300));

    private readonly ScriptedResolver _resolver = new((name, _) => ValueTask.FromResult(Answer(name)));
    private readonly ScriptedP0f? _p0f;

    public ScriptedSources(string folder)
    {
        var path = Path.Combine(folder, "p0f");
        if (path.Length <= ScriptedService.LongestPath)
            _p0f = new ScriptedP0f(path, _ => ScriptedP0f.NoMatch);
    }

    /// <summary>Where the resolver is.</summary>
    public EndPoint Resolver => _resolver.Address;

    /// <summary>The settings that point to p0f; none where the folder's path is too long for a socket.</summary>
    public IEnumerable<string> P0fSettings => _p0f is null ? [] : [$"p0f.socket={_p0f.Path}"];

    /// <summary>The client of a round.</summary>
    public static ClientAddress Client(int round) => ClientAddress.FromIPv4(FirstClient + (uint)round);

    /// <summary>True if the list does not answer about the client of that round.</summary>
    public static bool IsSilentAbout(int round) => round % SilentEvery == 0;

    public void Dispose()
    {
        _resolver.Dispose();
        _p0f?.Dispose();
    }

    private static ScriptedAnswer? Answer(string name) => name.Length > 0 && !IsSilentAbout(RoundOf(name)) ? NotListed : null;

    // The client's last octet stands first in the name.
    private static int RoundOf(string name) =>
        int.Parse(name.AsSpan(0, name.IndexOf('.', StringComparison.Ordinal)), CultureInfo.InvariantCulture);
}
