using Akka.Actor;
using Screening.Protocol.P0f;

namespace Screening.Actors.Checks.P0f;

/// <summary>p0f.</summary>
public sealed record P0fSource(CheckSettings Check, IP0fTransport P0f) : CheckSource(Check)
{
    internal override Props CreateProps(CheckContext context) => P0fCheck.CreateProps(Check, P0f, context);
}

/// <summary>p0f's answer.</summary>
public sealed record P0fAnswer(P0fReply Reply) : CheckAnswer
{
    /// <summary>The word for this kind of check.</summary>
    public const string Kind = "p0f";

    /// <inheritdoc/>
    public override Knowledge Knowledge => Reply.Status == P0fStatus.Ok ? Knowledge.Known : Knowledge.NeverSeen;
}
