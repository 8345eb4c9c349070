using Akka.Actor;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Checks;

/// <summary>What a check may know about a client.</summary>
/// <param name="QueryId">Unique on this node; custom checks see it.</param>
/// <param name="Client">The client's address.</param>
/// <param name="Profile">The profile by which the client is screened.</param>
/// <param name="Local">The mail exchanger's own address the client connected to; null when the door does not know it.</param>
/// <param name="LocalPort">The port it connected to; 0 when unknown.</param>
/// <param name="RemotePort">The client's port; 0 when unknown.</param>
/// <param name="Helo">The client's HELO; only the policy door knows it.</param>
/// <param name="Sender">The envelope sender; only the policy door knows it.</param>
public sealed record CheckSubject(
    string QueryId,
    ClientAddress Client,
    string Profile,
    ClientAddress? Local = null,
    int LocalPort = 0,
    int RemotePort = 0,
    string? Helo = null,
    string? Sender = null);

/// <summary>Asks a check about a client. Answered with exactly one <see cref="CheckAnswered"/> or <see cref="CheckFailed"/>.</summary>
/// <param name="Slot">The asker's own number for this question, echoed.</param>
/// <param name="Subject">The client.</param>
/// <param name="Fresh">Kept answers must not be used.</param>
/// <param name="Explain">Reasons are wanted even where they cost another query (a list's TXT record).</param>
/// <param name="ReplyTo">The actor that gets the answer.</param>
internal sealed record AskCheck(int Slot, CheckSubject Subject, bool Fresh, bool Explain, IActorRef ReplyTo);

/// <summary>
/// Asks a source for its own words about a client (a list's TXT record), for the reason of a refusal. Sent only where an answer
/// <see cref="CheckAnswer.LacksWords"/>. Answered with <see cref="TextCame"/> within the source's own short limit; may cost a query.
/// </summary>
/// <param name="Slot">The asker's own number for this question, echoed.</param>
internal sealed record AskText(int Slot, ClientAddress Client, IActorRef ReplyTo);

/// <summary>The source's own words.</summary>
/// <param name="Text">Without secrets and control characters; empty if it gave none in time.</param>
internal sealed record TextCame(int Slot, string Text);

/// <summary>
/// Drops the answers that are kept about the clients of a network, so that they are asked about again. Not answered. Every check gets it;
/// one that keeps no answers has nothing to do.
/// </summary>
internal sealed record ForgetAnswers(Network Network);

/// <summary>The check answered.</summary>
internal sealed record CheckAnswered(int Slot, CheckAnswer Answer);

/// <summary>The check has no answer.</summary>
/// <param name="Error">For the operator; no secrets.</param>
internal sealed record CheckFailed(int Slot, CheckFailure Reason, string Error);
