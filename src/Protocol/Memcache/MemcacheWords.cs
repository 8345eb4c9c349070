namespace Screening.Protocol.Memcache;

/// <summary>Walks the words of a command line, which one or more spaces part.</summary>
public ref struct MemcacheWords(ReadOnlySpan<byte> line)
{
    /// <summary>What is left of the line.</summary>
    public ReadOnlySpan<byte> Rest { get; private set; } = line;

    /// <summary>The next word; empty at the end.</summary>
    public ReadOnlySpan<byte> Next()
    {
        var rest = Rest.TrimStart((byte)' ');
        var length = rest.IndexOf((byte)' ');
        var word = length < 0 ? rest : rest[..length];
        Rest = rest[word.Length..];
        return word;
    }
}
