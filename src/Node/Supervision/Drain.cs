namespace Screening.Node.Supervision;

/// <summary>
/// Whether load balancers are to send no more clients here. Only <c>/readyz</c> says so: the doors keep answering, on old connections and
/// new ones, because clients come until the last balancer has noticed. Safe for many threads.
/// </summary>
internal sealed class Drain(Troubles troubles)
{
    private const string Part = "drain";

    /// <summary>Since when; null: clients are welcome.</summary>
    public DateTimeOffset? Since => troubles.Find(Part)?.Since;

    /// <summary>Begins, or continues.</summary>
    /// <returns>False if it had begun before.</returns>
    public bool Begin()
    {
        var isNew = Since is null;
        troubles.Report(Part, rung: 0, "draining: /readyz answers 503, so load balancers send no more clients; the doors still answer");
        return isNew;
    }

    /// <summary>Clients are welcome again.</summary>
    /// <returns>False if it had not begun.</returns>
    public bool End()
    {
        var wasActive = Since is not null;
        troubles.Clear(Part);
        return wasActive;
    }
}
