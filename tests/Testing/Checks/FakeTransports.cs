using System.Collections.Immutable;
using Screening.Actors.Checks;
using Screening.Actors.Checks.Custom;
using Screening.Actors.Checks.Dnsbl;
using Screening.Actors.Checks.P0f;
using Screening.Protocol.P0f;
using Screening.Protocol.Vocabulary;

namespace Screening.Testing.Checks;

/// <summary>A resolver in memory. Unless told otherwise nobody is listed anywhere.</summary>
public sealed class FakeDns : FakeSource<string, DnsAnswer>, IDnsTransport
{
    /// <summary>The answer "not listed", for ten minutes.</summary>
    public static readonly DnsAnswer NotListed = new([], 600);

    private int _textQueries;
    private int _testPoints;
    private int _strangers;

    /// <summary>The reasons that TXT queries get.</summary>
    public ImmutableArray<string> Texts { get; set; } = [];

    /// <summary>When TXT queries are answered; null: at once.</summary>
    public Task? TextsHeldBy { get; set; }

    /// <summary>TXT queries so far.</summary>
    public int TextQueries => Volatile.Read(ref _textQueries);

    /// <summary>A resolver that lists what the function says, by query name.</summary>
    public static FakeDns Listing(Func<string, string?> codeOf, int ttlSeconds = 300) => new()
    {
        Answer = name => codeOf(name) is { } code ? Listed(code, ttlSeconds) : NotListed,
    };

    /// <summary>The answer "listed".</summary>
    public static DnsAnswer Listed(string code, int ttlSeconds = 300) =>
        AnswerCode.TryParse(code, out var parsed) ? new DnsAnswer([parsed], ttlSeconds) : throw new FormatException(code);

    /// <summary>What is said of 127.0.0.1, which no list may have; answered at once and not counted.</summary>
    public DnsAnswer TestPoint { get; set; } = NotListed;

    /// <summary>What is said of other addresses of 127.0.0.0/8; answered at once and not counted.</summary>
    public DnsAnswer Stranger { get; set; } = NotListed;

    /// <summary>How often <see cref="TestPoint"/> and <see cref="Stranger"/> were asked for.</summary>
    public (int TestPoint, int Stranger) Trials => (Volatile.Read(ref _testPoints), Volatile.Read(ref _strangers));

    public Task<DnsAnswer> QueryAddressesAsync(string name, TimeSpan timeout, CancellationToken cancellation)
    {
        if (name.Split('.') is not [_, _, _, "127", ..])
            return AskAsync(name, cancellation);
        var isTestPoint = name.StartsWith("1.0.0.127.", StringComparison.Ordinal);
        Interlocked.Increment(ref isTestPoint ? ref _testPoints : ref _strangers);
        return Task.FromResult(isTestPoint ? TestPoint : Stranger);
    }

    public async Task<ImmutableArray<string>> QueryTextAsync(string name, TimeSpan timeout, CancellationToken cancellation)
    {
        Interlocked.Increment(ref _textQueries);
        if (TextsHeldBy is { } held)
            await held;
        return Texts;
    }
}

/// <summary>p0f in memory. Unless told otherwise it knows nobody.</summary>
public sealed class FakeP0f : FakeSource<ClientAddress, P0fReply>, IP0fTransport
{
    /// <summary>The answer "never seen".</summary>
    public static readonly P0fReply NoMatch = new(P0fStatus.NoMatch, "", "", "", P0fMatch.Exact, -1, 0, 0, 0);

    /// <summary>The answer of a host whose system is known.</summary>
    public static P0fReply Known(string os, string flavor = "") =>
        new(P0fStatus.Ok, os, flavor, "Ethernet or modem", P0fMatch.Exact, 3, 0, 0, 0);

    public Task<P0fReply> AskAsync(ClientAddress client, TimeSpan timeout, CancellationToken cancellation) =>
        AskAsync(client, cancellation);
}

/// <summary>A custom check in memory.</summary>
public sealed class FakeCustom : FakeSource<CheckSubject, CustomReply>, ICustomTransport
{
    public Task<CustomReply> AskAsync(CheckSubject subject, TimeSpan timeout, CancellationToken cancellation) =>
        AskAsync(subject, cancellation);
}
