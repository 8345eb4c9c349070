using System.Collections.Immutable;
using Akka.Actor;
using Screening.Actors.Checks.Dnsbl;
using Screening.Protocol.P0f;
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
/// Asks a list why it lists a client (its TXT record), for the reason of a refusal. Answered with <see cref="TextCame"/> in at most
/// <see cref="Dnsbl.DnsblCheck.TextTimeout"/>; costs a query unless the reason is kept with the listing.
/// </summary>
/// <param name="Slot">The asker's own number for this question, echoed.</param>
internal sealed record AskText(int Slot, ClientAddress Client, IActorRef ReplyTo);

/// <summary>The list's reason.</summary>
/// <param name="Text">Without secrets and control characters; empty if the list gave none in time.</param>
internal sealed record TextCame(int Slot, string Text);

/// <summary>Drops the answers that are kept about the clients of a network, so that they are asked about again. Not answered.</summary>
internal sealed record ForgetAnswers(Network Network);

/// <summary>The check answered.</summary>
internal sealed record CheckAnswered(int Slot, CheckAnswer Answer);

/// <summary>The check has no answer.</summary>
/// <param name="Error">For the operator; no secrets.</param>
internal sealed record CheckFailed(int Slot, CheckFailure Reason, string Error);

/// <summary>A check's answer, before it is weighed.</summary>
public abstract record CheckAnswer;

/// <summary>A DNSBL's answer.</summary>
/// <param name="Codes">The codes that may count; empty means not listed.</param>
/// <param name="TtlSeconds">The answer's lifetime in seconds; null when unknown.</param>
/// <param name="Text">The list's reason, without secrets and control characters; empty: it gave none, null: it was not asked for.</param>
public sealed record DnsblAnswer(ImmutableArray<AnswerCode> Codes, int? TtlSeconds, string? Text = null) : CheckAnswer;

/// <summary>p0f's answer.</summary>
public sealed record P0fAnswer(P0fReply Reply) : CheckAnswer;

/// <summary>A custom check's answer.</summary>
public sealed record CustomAnswer(CustomReply Reply) : CheckAnswer;
