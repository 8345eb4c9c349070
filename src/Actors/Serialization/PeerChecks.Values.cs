using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.Serialization;
using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Serialization;

/// <content>What single values may be.</content>
internal static partial class PeerChecks
{
    private const int MaxLifeSeconds = 366 * 24 * 3600;
    private const int MaxWaitMs = 600_000;
    private const int MaxScore = 100_000_000;
    private const int MaxItems = 100_000;
    private const int MaxName = 100;
    private const int MaxReason = 200;
    private const int MaxText = 500;

    // Numbers of changes begin at the time of a bucket's start.
    private const long MaxSequence = 1L << 53;

    private static void Check(Epoch epoch)
    {
        Range(epoch.Life, 0, LatestMs);
        Range(epoch.Revocation, 0, MaxSequence);
    }

    private static void Check(GrantsVersion version)
    {
        Range(version.Life, 0, LatestMs);
        Range(version.Number, 0, MaxSequence);
    }

    // Seconds since 1970, and the small numbers by which postscreen marks a test that is new or off.
    private static void Check(in PostscreenTimes times)
    {
        Range(times.Pregreet, 0, LatestMs / 1000);
        Range(times.Dnsbl, 0, LatestMs / 1000);
        Range(times.Pipelining, 0, LatestMs / 1000);
        Range(times.NonSmtpCommand, 0, LatestMs / 1000);
        Range(times.BareNewline, 0, LatestMs / 1000);
    }

    private static void Range(long value, long least, long most, [CallerArgumentExpression(nameof(value))] string what = "")
    {
        if (value < least || value > most)
            throw new SerializationException($"{what[(what.LastIndexOf('.') + 1)..]} is {value}; it must be {least} to {most}");
    }

    // What things are found by: profiles, fingerprints, hosts.
    private static void Name(string name, [CallerArgumentExpression(nameof(name))] string what = "")
    {
        if (!ReferenceEquals(PeerText.Clean(name, 255), name))
            throw new SerializationException($"{what[(what.LastIndexOf('.') + 1)..]} is not a name");
    }

    private static string Clean(string text, int maxLength) => PeerText.Clean(text, maxLength);

    private static ImmutableArray<T> All<T>(ImmutableArray<T> items, Func<T, T> check)
        where T : class
    {
        var copy = items;
        for (var i = 0; i < items.Length; i++)
        {
            if (check(items[i]) is var item && !ReferenceEquals(item, items[i]))
                copy = copy.SetItem(i, item);
        }

        return copy;
    }
}
