package vendors

// coinNames are the names of coins that vendors know by their codes.
var coinNames = map[string]string{
	"AAVE": "Aave", "ADA": "Cardano", "ATOM": "Cosmos", "AVAX": "Avalanche", "BCH": "Bitcoin Cash", "BNB": "BNB",
	"BTC": "Bitcoin", "DOGE": "Dogecoin", "DOT": "Polkadot", "ETH": "Ethereum", "HBAR": "Hedera",
	"ICP": "Internet Computer", "LINK": "Chainlink", "LTC": "Litecoin", "NEAR": "NEAR Protocol", "PEPE": "Pepe",
	"SHIB": "Shiba Inu", "SOL": "Solana", "SUI": "Sui", "TRX": "TRON", "UNI": "Uniswap",
	"XLM": "Stellar", "XMR": "Monero", "XRP": "XRP",
}

// CoinName is the name of a coin by its code, such as Bitcoin for BTC; "" where it is not known here.
func CoinName(code string) string { return coinNames[code] }
