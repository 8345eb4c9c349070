namespace Screening.Node.Telemetry;

/// <summary>Why a peer may not connect; in lower case the <c>reason</c> of <c>screening_connections_refused_total</c>.</summary>
internal enum Refusal
{
    /// <summary>It is in no network that may connect.</summary>
    Network,

    /// <summary>Its address has too many connections.</summary>
    Address,

    /// <summary>The door has too many connections, and none of them is idle.</summary>
    Total,
}
