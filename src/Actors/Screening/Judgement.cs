using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Screening;

/// <summary>What a screening concludes from the evidence at one moment.</summary>
/// <param name="Verdict">The answer.</param>
/// <param name="Complete">No unfinished or failed check could change the answer.</param>
/// <param name="Reason">The leading reason, for people.</param>
internal readonly record struct Judgement(Verdict Verdict, bool Complete, string Reason);
