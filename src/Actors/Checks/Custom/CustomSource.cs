using Akka.Actor;

namespace Screening.Actors.Checks.Custom;

/// <summary>A custom check.</summary>
public sealed record CustomSource(CheckSettings Check, ICustomTransport Transport) : CheckSource(Check)
{
    internal override Props CreateProps(CheckContext context) => CustomCheck.CreateProps(Check, Transport, context);
}

/// <summary>A custom check's answer.</summary>
public sealed record CustomAnswer(CustomReply Reply) : CheckAnswer
{
    /// <summary>The word for this kind of check.</summary>
    public const string Kind = "custom";

    /// <inheritdoc/>
    public override Knowledge Knowledge => Knowledge.Known;
}
