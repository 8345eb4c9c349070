namespace Screening.Protocol.P0f;

/// <summary>How p0f answered a query (p0f 3 README section 4).</summary>
public enum P0fStatus : uint
{
    /// <summary>p0f did not understand the query.</summary>
    BadQuery = 0x00,

    /// <summary>The host is known. Its operating system may still be unknown: then <see cref="P0fReply.OsName"/> is empty.</summary>
    Ok = 0x10,

    /// <summary>p0f has seen nothing of this host, or has forgotten it.</summary>
    NoMatch = 0x20,
}

/// <summary>How sure p0f is of the operating system.</summary>
public enum P0fMatch : byte
{
    /// <summary>A signature matched exactly.</summary>
    Exact = 0,

    /// <summary>Matched with tolerance (TTL or quirks differ).</summary>
    Fuzzy = 1,

    /// <summary>Only a generic signature matched.</summary>
    Generic = 2,

    /// <summary>A generic signature, with tolerance.</summary>
    GenericFuzzy = 3,
}

/// <summary>What p0f knows of a host. Advice, and forgeable by the host.</summary>
/// <param name="Status">Whether the host is known.</param>
/// <param name="OsName">Operating system, such as <c>Linux</c>; empty when unknown.</param>
/// <param name="OsFlavor">Version, such as <c>2.2.x-3.x</c>; may be empty.</param>
/// <param name="LinkType">Link type by MTU, such as <c>Ethernet or modem</c>; may be empty.</param>
/// <param name="Match">Quality of the OS match.</param>
/// <param name="Distance">Hops away; -1 when unknown.</param>
/// <param name="UptimeMinutes">Uptime in minutes, modulo a period; 0 when unknown.</param>
/// <param name="LastNat">When address sharing was last seen, seconds since 1970; 0 never.</param>
/// <param name="LastOsChange">When the operating system was last seen to change, seconds since 1970; 0 never.</param>
public sealed record P0fReply(
    P0fStatus Status,
    string OsName,
    string OsFlavor,
    string LinkType,
    P0fMatch Match,
    short Distance,
    uint UptimeMinutes,
    uint LastNat,
    uint LastOsChange);
