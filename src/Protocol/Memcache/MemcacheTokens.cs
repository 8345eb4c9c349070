namespace Screening.Protocol.Memcache;

/// <summary>Walks the tokens of a command line, which one or more spaces separate.</summary>
public ref struct MemcacheTokens(ReadOnlySpan<byte> line)
{
    /// <summary>What is left of the line.</summary>
    public ReadOnlySpan<byte> Rest { get; private set; } = line;

    /// <summary>The next token; empty at the end.</summary>
    public ReadOnlySpan<byte> Next()
    {
        var rest = Rest.TrimStart((byte)' ');
        var length = rest.IndexOf((byte)' ');
        var token = length < 0 ? rest : rest[..length];
        Rest = rest[token.Length..];
        return token;
    }
}
