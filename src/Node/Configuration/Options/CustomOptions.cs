using System.Collections.Immutable;

namespace Screening.Node.Configuration;

/// <summary>An operator's own check: exactly one of plugin, url and command. <c>[[custom]]</c></summary>
internal sealed record CustomOptions
{
    /// <summary>Name in verdicts, logs and metrics: <c>[a-z0-9_.-]</c>, 1..64 characters, unique.</summary>
    [Needed]
    [Shaped("[a-z0-9_.-]{1,64}", "1 to 64 of a-z, 0-9, dot, dash and underscore")]
    public string Name { get; init; } = "";

    /// <summary>Address of a service that speaks the plug-in protocol; tcp or unix.</summary>
    [Schemes(EndpointScheme.Tcp, EndpointScheme.Unix)]
    [Reachable]
    public EndpointAddress? Plugin { get; init; }

    /// <summary>URL that takes a POST and answers JSON; http or https. A user and the values of a query are never shown.</summary>
    [HttpUrl]
    public UrlText? Url { get; init; }

    /// <summary>
    /// Program and its arguments; it speaks the plug-in protocol on standard input and output. Empty: none. Arguments are never shown.
    /// </summary>
    [OnlyFirstIsShown]
    public ImmutableArray<string> Command { get; init; } = [];

    /// <summary>How long an answer may take. 1ms..60s.</summary>
    [Lasts("1ms", "60s")]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMilliseconds(300);

    /// <summary>What each of its actions adds, unless the reply gives a score of its own.</summary>
    public CustomWeightOptions Weight { get; init; } = new();
}

/// <summary>What a custom check's actions add to the score. -100..100 each.</summary>
internal sealed record CustomWeightOptions
{
    [Between(-100, 100)]
    public int Pass { get; init; } = -1;

    [Between(-100, 100)]
    public int Ignore { get; init; } = 1;

    [Between(-100, 100)]
    public int Enforce { get; init; } = 3;

    [Between(-100, 100)]
    public int Drop { get; init; } = 8;
}
