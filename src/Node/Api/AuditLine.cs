namespace Screening.Node.Api;

/// <summary>A line of the audit log: a change that an operator made.</summary>
/// <param name="Via"><c>http</c> or <c>unix</c>: where it came in.</param>
/// <param name="Action">grant, ban, forget or import.</param>
/// <param name="Address">The network; empty for an import.</param>
/// <param name="Ttl">The lifetime as it was requested; null where there is none.</param>
/// <param name="Count">Number of entries that were changed.</param>
/// <param name="Durable">It was journaled before the reply.</param>
/// <param name="Fault">Why it is not known whether the change holds; null: it does.</param>
internal sealed record AuditLine(
    DateTime Time,
    string Node,
    string Author,
    string Via,
    string Action,
    string Address,
    string? Ttl,
    string Reason,
    int Count,
    bool Durable,
    string? Fault);
