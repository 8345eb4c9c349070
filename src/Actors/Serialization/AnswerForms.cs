using System.Collections.Immutable;
using System.Runtime.Serialization;
using Screening.Actors.Checks;
using Screening.Actors.Checks.Dnsbl;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Serialization;

/// <summary>How one kind of answer stands in bytes.</summary>
/// <param name="Octet">Its number, which stands before its fields; never given to another.</param>
/// <param name="Check">What a peer sent, as this node can use it; fails if it cannot be.</param>
internal sealed record AnswerForm(
    byte Octet, Type Type, Action<PackedWriter, CheckAnswer> Write, Read<CheckAnswer> Read, Func<CheckAnswer, CheckAnswer> Check)
{
    public static AnswerForm Of<T>(byte octet, Action<PackedWriter, T> write, Read<T> read, Func<T, T> check)
        where T : CheckAnswer =>
        new(octet, typeof(T), (writer, answer) => write(writer, (T)answer), (ref reader) => read(ref reader), answer => check((T)answer));
}

/// <summary>The answers that nodes share: those of the checks that are <see cref="AskedAt.Home"/>.</summary>
/// <remarks>
/// They grow as <see cref="WireForms"/> do. A kind that is new needs no other care: a node that does not have the check names it to nobody,
/// and is named no such check that it could answer.
/// </remarks>
internal static class AnswerForms
{
    // A list that failed, or is not asked at that node. The octets 0 and 1 are those of a flag, which earlier releases read.
    private const byte None = 0;

    private static readonly ImmutableArray<AnswerForm> All =
    [
        AnswerForm.Of<DnsblAnswer>(1,
            (w, a) => w.Items(a.Codes, static (codes, code) => codes.Fixed32(code.Bits)).OptionalInteger(a.TtlSeconds).Text(a.Text),
            (ref r) => new(r.Items(static (ref code) => new AnswerCode(code.Fixed32())), r.OptionalInt(), r.OptionalText()),
            PeerChecks.Checked),
    ];

    public static void Write(PackedWriter writer, CheckAnswer? answer)
    {
        if (answer is null)
        {
            writer.Octet(None);
            return;
        }

        var form = FormOf(answer);
        form.Write(writer.Octet(form.Octet), answer);
    }

    /// <summary>Null for <see cref="None"/>, and for a kind that this release does not know.</summary>
    public static CheckAnswer? Read(ref PackedReader reader)
    {
        var octet = reader.Octet();
        foreach (var form in All)
        {
            if (form.Octet == octet)
                return form.Read(ref reader);
        }

        return null;
    }

    public static CheckAnswer Checked(CheckAnswer answer) => FormOf(answer).Check(answer);

    private static AnswerForm FormOf(CheckAnswer answer)
    {
        foreach (var form in All)
        {
            if (form.Type == answer.GetType())
                return form;
        }

        throw new SerializationException($"{answer.GetType().Name} has no form");
    }
}
