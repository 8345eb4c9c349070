using System.Collections.Frozen;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Event;
using Akka.Serialization;
using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Serialization;

/// <summary>Packs all that the whitelist and the fleet send between nodes and store, as <see cref="WireForms"/> lists it.</summary>
/// <remarks>
/// A message that cannot be read, or whose values <see cref="PeerChecks"/> refuses, is a <see cref="SerializationException"/> and nothing
/// else: remoting then drops that one message.
/// </remarks>
internal sealed class WhitelistSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    private static readonly FrozenDictionary<Type, WireForm> ByType = WireForms.All.ToFrozenDictionary(form => form.Type);
    private static readonly FrozenDictionary<string, WireForm> ByManifest = WireForms.All.ToFrozenDictionary(form => form.Manifest);

    /// <summary>Stands in every stored row: never another.</summary>
    public const int Number = 1012;

    public override int Identifier => Number;

    public override string Manifest(object o) => FormOf(o).Manifest;

    public override byte[] ToBinary(object obj) => FormOf(obj).ToBytes(obj);

    public override object FromBinary(byte[] bytes, string manifest)
    {
        if (!IsStored(manifest))
            return PeerChecks.Checked(Read(bytes, manifest));
        var row = ReadStored(bytes, manifest, out var fault);
        if (fault is not null)
            Logging.GetLogger(system, typeof(WhitelistSerializer)).Error("A stored row is left out, in whole or in part: {Fault}", fault);
        return row;
    }

    /// <summary>Reads what was stored. A row that cannot be read keeps nobody from the others.</summary>
    /// <param name="fault">What was left out and why; null: nothing was.</param>
    /// <exception cref="SerializationException">A newer release wrote it: this one must not write over it.</exception>
    public static object ReadStored(byte[] bytes, string manifest, out string? fault)
    {
        object row;
        try
        {
            row = Read(bytes, manifest);
        }
        catch (SerializationException unreadable) when (unreadable.InnerException is not NewerReleaseException)
        {
            fault = unreadable.Message;
            return UnreadableRow.Instance;
        }

        var faults = new List<string>();
        row = PeerChecks.Kept(row, faults);
        fault = faults.Count == 0 ? null : $"{faults.Count} items of a {row.GetType().Name}, the first because {faults[0]}";
        return row;
    }

    /// <summary>Reads a stored row of which nothing has to be left out.</summary>
    /// <returns>Null: something has, or another serializer or a newer release wrote it; whoever reads it by the journal logs
    /// what.</returns>
    public static object? TryReadWhole(StoredRow row)
    {
        if (row.Serializer != Number || row.Bytes is null)
            return null;
        try
        {
            var content = ReadStored(row.Bytes, row.Manifest, out var fault);
            return fault is null ? content : null;
        }
        catch (SerializationException)
        {
            return null;
        }
    }

    /// <summary>Reads one message, whatever its values.</summary>
    /// <exception cref="SerializationException">It cannot be read.</exception>
    public static object Read(byte[] bytes, string manifest)
    {
        if (!ByManifest.TryGetValue(manifest ?? "", out var form))
        {
            throw new SerializationException(
                $"the message form '{PeerText.Clean(manifest ?? "")}' is not known to this release; a newer one may have written it");
        }

        try
        {
            return form.FromBytes(bytes);
        }
        catch (SerializationException fault)
        {
            throw new SerializationException(
                $"{form.Type.Name} ({form.Manifest}, {bytes.Length} bytes) cannot be read: {fault.Message}", fault);
        }
    }

    private static bool IsStored(string? manifest) => manifest is "BC1" or "BS1" or "GE1" or "GS1";

    private static WireForm FormOf(object message) => ByType.TryGetValue(message.GetType(), out var form)
        ? form
        : throw new SerializationException($"{message.GetType().Name} has no form in which it is sent or stored");
}

/// <summary>A part is of a kind that only a newer release knows, and may not be left out.</summary>
internal sealed class NewerReleaseException(string message) : SerializationException(message);
