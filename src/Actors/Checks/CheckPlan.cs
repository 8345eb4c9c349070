using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Checks;

/// <summary>Where the answer of a check comes from, and when it is asked for.</summary>
public enum AskedAt : byte
{
    /// <summary>This node's source, once the fleet does not know the client.</summary>
    ThisNode,

    /// <summary>This node's source, while the fleet is asked: only this node has what it knows, and it soon forgets.</summary>
    ThisNodeAtOnce,

    /// <summary>The source of the client's home in the fleet, which asks once for all; this node's, if the home has no answer.</summary>
    Home,

    /// <summary>No source: the query itself holds the answer, see <see cref="CheckPlan.AnswerIn"/>.</summary>
    Query,
}

/// <summary>
/// One check as one profile uses it: which source to ask, and what its answers weigh. Pure, so that a logged answer can be weighed again
/// under another profile.
/// </summary>
/// <param name="Source">The id of the check actor that is asked; several profiles may share it.</param>
/// <param name="Name">The name in logs, metrics, replies and pages; contains no secret.</param>
/// <param name="Kind">The word for its kind in the decision log and the API.</param>
public abstract record CheckPlan(string Source, string Name, string Kind)
{
    /// <summary>What any answer of this check could add.</summary>
    public abstract WeightRange Range { get; }

    /// <summary>Where its answer comes from.</summary>
    public virtual AskedAt AskedAt => AskedAt.ThisNode;

    /// <summary>True if the source is told HELO and sender, where they are known; its answer then belongs to one mail.</summary>
    public virtual bool IsToldEnvelope => false;

    /// <summary>
    /// The hash by which the fleet knows the source, since the id may contain a key. Equal sources have equal hashes on all nodes.
    /// </summary>
    public ulong SharedId { get; } = SharedIdOf(Source);

    /// <summary>The hash of a source's id.</summary>
    public static ulong SharedIdOf(string source) => BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(source)));

    /// <summary>Weighs an answer. An answer of another kind weighs nothing.</summary>
    public abstract WeighedAnswer Weigh(CheckAnswer answer);

    /// <summary>Why the check is not asked about this client; null if it is.</summary>
    public virtual string? SkipReason(ClientAddress client) => null;

    /// <summary>The answer of a check that is <see cref="AskedAt.Query"/>; null if the query does not concern it.</summary>
    public virtual CheckAnswer? AnswerIn(string? helo, string? sender) => null;
}

/// <summary>A check whose source gives answers of one type.</summary>
public abstract record CheckPlan<TAnswer>(string Source, string Name, string Kind) : CheckPlan(Source, Name, Kind)
    where TAnswer : CheckAnswer
{
    /// <inheritdoc/>
    public sealed override WeighedAnswer Weigh(CheckAnswer answer) => answer is TAnswer own ? Weigh(own) : default;

    /// <summary>Weighs an answer of the source.</summary>
    protected abstract WeighedAnswer Weigh(TAnswer answer);
}

/// <summary>An answer with its weight.</summary>
/// <param name="Contribution">What it adds.</param>
/// <param name="Answer">The answer as words, for people.</param>
/// <param name="TtlSeconds">How long it holds, seconds; null when unknown.</param>
/// <param name="Reason">What the answer means, for people; null when it means nothing.</param>
public readonly record struct WeighedAnswer(Contribution Contribution, ImmutableArray<string> Answer, int? TtlSeconds, string? Reason);
