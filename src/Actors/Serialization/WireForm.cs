namespace Screening.Actors.Serialization;

/// <summary>How one type of message stands in bytes.</summary>
/// <param name="Manifest">The name of its form on the wire and in the store; never given to another.</param>
internal sealed record WireForm(string Manifest, Type Type, Action<PackedWriter, object> Write, Read<object> Read)
{
    public static WireForm Of<T>(string manifest, Action<PackedWriter, T> write, Read<T> read)
        where T : class =>
        new(manifest, typeof(T), (writer, message) => write(writer, (T)message), (ref reader) => read(ref reader));

    /// <summary>The message in bytes.</summary>
    public byte[] ToBytes(object message)
    {
        var writer = new PackedWriter();
        Write(writer, message);
        return writer.ToArray();
    }

    /// <exception cref="System.Runtime.Serialization.SerializationException">The bytes are not in this form.</exception>
    public object FromBytes(ReadOnlySpan<byte> bytes)
    {
        var reader = new PackedReader(bytes);
        return Read(ref reader);
    }
}
