using Akka.Actor;

namespace Screening.Actors.Checks.Dnsbl;

/// <summary>A DNSBL.</summary>
public sealed record DnsblSource(DnsblSettings Settings, IDnsTransport Dns) : CheckSource(Settings.Check)
{
    /// <summary>The id of a zone's source. Part of what nodes hash to name a list to each other.</summary>
    public static string IdOf(string zone) => "dnsbl:" + zone;

    internal override Props CreateProps(CheckContext context) => DnsblCheck.CreateProps(Settings, Dns, context);
}

/// <summary>The settings of a list's actor.</summary>
/// <param name="Check">The settings that all checks have.</param>
/// <param name="Zone">The zone that is asked; it may hold a key and is never shown.</param>
/// <param name="Keep">How its answers are kept.</param>
public sealed record DnsblSettings(CheckSettings Check, string Zone, KeepSettings Keep)
{
    /// <summary>False for a list that has 127.0.0.1 on purpose, as lists of bogus networks have.</summary>
    public bool IsTested { get; init; } = true;

    /// <summary>The customer's key within <see cref="Zone"/>; empty: it has none. A list may repeat it in its texts.</summary>
    public string Key { get; init; } = "";

    /// <summary>The name only: the zone may hold a key.</summary>
    public override string ToString() => Check.Name;
}
