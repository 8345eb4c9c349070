using System.Collections.Immutable;

namespace Screening.Node.Configuration;

/// <summary>An operator's own check: exactly one of plugin, url and command.</summary>
internal sealed record CustomOptions
{
    [Setting("name in verdicts, logs and metrics; unique", IsNeeded = true, Example = "\"reputation\"")]
    [Shaped("[a-z0-9_.-]{1,64}", "1 to 64 of a-z, 0-9, dot, dash and underscore")]
    public string Name { get; init; } = "";

    [Setting("a service that speaks the plug-in protocol", Example = "\"unix:///run/reputation.sock\"")]
    [Schemes(EndpointScheme.Tcp, EndpointScheme.Unix)]
    [Reachable]
    public EndpointAddress? Plugin { get; init; }

    [Setting("a service that takes a POST and answers JSON; a user and the values of a query are never shown",
        Example = "\"http://127.0.0.1:9000/check\"")]
    [HttpUrl]
    public UrlText? Url { get; init; }

    [Setting("a program that speaks the plug-in protocol on standard input and output; arguments are never shown",
        Range = "program and arguments", Example = "[\"/usr/local/bin/check\"]", OnlyFirstIsShown = true)]
    public ImmutableArray<string> Command { get; init; } = [];

    [Setting("how long an answer may take")]
    [Between("1ms", "60s")]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMilliseconds(300);

    [Setting("what each action adds to the score, unless the reply has a score of its own", Range = "-100..100 each")]
    public CustomWeightOptions Weight { get; init; } = new();
}

/// <summary>What a custom check's actions add to the score.</summary>
internal sealed record CustomWeightOptions
{
    [Setting("what `pass` adds")]
    [Between(-100, 100)]
    public int Pass { get; init; } = -1;

    [Setting("what `ignore` adds")]
    [Between(-100, 100)]
    public int Ignore { get; init; } = 1;

    [Setting("what `enforce` adds")]
    [Between(-100, 100)]
    public int Enforce { get; init; } = 3;

    [Setting("what `drop` adds")]
    [Between(-100, 100)]
    public int Drop { get; init; } = 8;
}
