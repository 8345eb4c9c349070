namespace Screening.Node.Telemetry;

/// <summary>Why a peer may not connect.</summary>
internal enum Refusal
{
    /// <summary>It is in no network that may connect.</summary>
    Network,

    /// <summary>Its address has too many connections.</summary>
    Address,

    /// <summary>The door has too many connections, and none of them is idle.</summary>
    Total,
}

/// <summary>The words for refusals.</summary>
internal static class RefusalWords
{
    /// <summary>The reason's word: the label <c>reason</c> of <c>screening_connections_refused_total</c>.</summary>
    public static string Word(this Refusal reason) => reason switch
    {
        Refusal.Network => "network",
        Refusal.Address => "address",
        _ => "total",
    };
}
