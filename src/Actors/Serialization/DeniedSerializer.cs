using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;

namespace Screening.Actors.Serialization;

/// <summary>
/// Replaces serializers that nodes must not use: those of Akka that create objects of whatever type the bytes name (JSON), so that a
/// peer could have any object created.
/// </summary>
internal sealed class DeniedSerializer : SerializerWithStringManifest
{
    public DeniedSerializer(ExtendedActorSystem system)
        : base(system)
    {
    }

    /// <summary>Akka makes a serializer that has settings, such as <c>json</c>, in this way.</summary>
    public DeniedSerializer(ExtendedActorSystem system, Config settings)
        : base(system)
    {
    }

    public override int Identifier => 1013;

    public override string Manifest(object o) => throw Denied(o.GetType().Name);

    public override byte[] ToBinary(object obj) => throw Denied(obj.GetType().Name);

    public override object FromBinary(byte[] bytes, string manifest) => throw Denied("a peer's message");

    private static SerializationException Denied(string what) => new($"{what} has no serializer that nodes of the fleet may use");
}
