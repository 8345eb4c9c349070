using System.Collections.Frozen;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Serialization;

/// <summary>Packs all that the whitelist and the fleet send between nodes and store, as <see cref="WireForms"/> lists it.</summary>
/// <remarks>What can not be read is a <see cref="SerializationException"/> and nothing else: remoting then drops that one message.</remarks>
internal sealed class WhitelistSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    private static readonly FrozenDictionary<Type, WireForm> ByType = WireForms.All.ToFrozenDictionary(form => form.Type);
    private static readonly FrozenDictionary<string, WireForm> ByManifest = WireForms.All.ToFrozenDictionary(form => form.Manifest);

    /// <summary>Stands in every stored row: never another.</summary>
    public const int Number = 1012;

    public override int Identifier => Number;

    public override string Manifest(object o) => FormOf(o).Manifest;

    public override byte[] ToBinary(object obj) => FormOf(obj).ToBytes(obj);

    public override object FromBinary(byte[] bytes, string manifest) => Read(bytes, manifest);

    /// <summary>Reads one message.</summary>
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
            throw new SerializationException($"{form.Type.Name} ({form.Manifest}, {bytes.Length} bytes) can not be read: {fault.Message}", fault);
        }
    }

    private static WireForm FormOf(object message) => ByType.TryGetValue(message.GetType(), out var form)
        ? form
        : throw new SerializationException($"{message.GetType().Name} has no form in which it is sent or stored");
}
