"""Places that tickets name: Indonesian cities with their districts, provinces, and large cities of the world.

A line is `city: districts`. What a district is called leads to its city, so that neighbours who name different streets meet. An asterisk
marks a name that is an ordinary word, too: it counts as a place only behind a word such as *di*, *kota*, *in* or *near*.
"""

_INDONESIA = """
jakarta: jkt, dki, dki jakarta, jakarta raya, jabodetabek
jakarta pusat: jakpus, central jakarta, gambir, tanah abang, menteng, senen*, cempaka putih, johar baru, kemayoran, sawah besar, thamrin, sudirman*, bendungan hilir, benhil, karet, cikini, pasar baru, gunung sahari, salemba, kwitang, harmoni, petojo, kebon sirih
jakarta utara: jakut, north jakarta, penjaringan, pademangan, tanjung priok, priok, koja*, kelapa gading, cilincing, pluit, pantai indah kapuk, pik, ancol, sunter, muara baru, muara karang, marunda, kamal muara
jakarta barat: jakbar, west jakarta, grogol, petamburan, taman sari, tambora, kebon jeruk, kalideres, palmerah, cengkareng, kembangan, puri indah, puri, slipi, tomang, daan mogot, meruya, rawa belong, joglo, srengseng, duri kosambi, kedoya, tanjung duren
jakarta selatan: jaksel, south jakarta, tebet, setiabudi, mampang, pasar minggu, kebayoran, kebayoran baru, kebayoran lama, cilandak, pancoran, jagakarsa, pesanggrahan, kuningan*, blok m, fatmawati, lebak bulus, pondok indah, kemang, kalibata, ragunan, lenteng agung, gandaria, senopati, scbd, bintaro, cipete, ampera, manggarai, pejaten, tb simatupang, simatupang, rasuna said, mega kuningan, permata hijau, radio dalam, ulujami
jakarta timur: jaktim, east jakarta, matraman, pulo gadung, pulogadung, jatinegara, duren sawit, kramat jati, makasar, ciracas, cipayung, pasar rebo, cakung, rawamangun, klender, pondok kelapa, pondok bambu, kalimalang, halim, cililitan, cawang, condet, kampung melayu, buaran, penggilingan, kelapa dua wetan, cibubur, utan kayu, pisangan, cijantung, lubang buaya
depok: beji, margonda, cimanggis, sawangan, sukmajaya, pancoran mas, cinere, limo*, tapos, cilodong, bojongsari, cipayung depok, kelapa dua, depok timur, depok lama, depok baru, juanda*, cibubur depok, citayam, krukut
bekasi: bks, bekasi barat, bekasi timur, bekasi utara, bekasi selatan, jatiasih, jati asih, pondok gede, tambun, cikarang, harapan indah, galaxy*, summarecon bekasi, rawalumbu, mustika jaya, mustikajaya, bantar gebang, jatisampurna, jatibening, kranji, cibitung, setu*, medan satria, babelan, grand wisata, kemang pratama, lippo cikarang, jababeka, pekayon, cibarusah, kaliabang, tarumajaya, teluk pucung
tangerang: tng, cipondoh, karawaci, lippo karawaci, ciledug, batuceper, benda*, cikokol, gading serpong, cikupa, balaraja, modernland, alam sutera, pinang*, cibodas, jatiuwung, neglasari, periuk*, curug*, kelapa dua tangerang, pasar kemis, tigaraksa, kosambi, soetta, soekarno-hatta, soekarno hatta, bandara soetta, cengkareng airport, citra raya
tangerang selatan: tangsel, serpong, bsd, bsd city, pondok aren, ciputat, pamulang, setu tangsel, bintaro jaya, rempoa, pondok cabe, jombang ciputat
bogor: cibinong, cileungsi, parung, sentul, dramaga, ciawi, bojong gede, bojonggede, gunung putri, ciomas, tajur, puncak, cisarua, citeureup, jonggol, bogor tengah, bogor utara, bogor selatan, bogor barat, bogor timur, tanah sareal, kota wisata, leuwiliang, jasinga
bandung: bdg, dago, buah batu, antapani, arcamanik, cicendo, cibiru, coblong, sukajadi, setiabudhi, pasteur, cihampelas, ujung berung, ujungberung, gedebage, lengkong, kiaracondong, cimahi, lembang, padalarang, cileunyi, soreang, dayeuhkolot, riau bandung, sukasari, cidadap, batununggal, regol, astana anyar, bojongloa, rancasari, margahayu, kopo, cibaduyut, jatinangor, rancaekek, majalaya, baleendah, sarijadi, cigadung, ciumbuleuit, cicaheum, cibeunying, sumur bandung, andir, paris van java, cihanjuang
cirebon: kejaksan, harjamukti, indramayu, majalengka, plumbon
sukabumi: cibadak, cisaat, pelabuhan ratu
tasikmalaya: tasik, ciamis, garut, banjar*, pangandaran
karawang: kerawang, klari, cikampek, telukjambe, galuh mas
purwakarta: subang
cianjur: cipanas
serang: cilegon, merak, banten, pandeglang, anyer, kramatwatu, rangkasbitung, lebak
semarang: smg, kaligawe, genuk, pedurungan, tanah mas, simpang lima, tembalang, banyumanik, candisari, gajahmungkur, gunungpati, mijen, ngaliyan, tugu*, semarang barat, semarang utara, semarang timur, semarang selatan, semarang tengah, gayamsari, tlogosari, ungaran, tanjung emas, majapahit*, krapyak, sampangan, srondol, manyaran, puri anjasmoro, johar*, simongan, bsb, pudakpayung, jatingaleh, kendal, demak, sayung
solo: surakarta, laweyan, banjarsari, jebres, pasar kliwon, serengan, kartasura, sukoharjo, colomadu, palur, solo baru, manahan
yogyakarta: jogja, jogjakarta, yogya, diy, sleman, bantul, gunung kidul, gunungkidul, kulon progo, malioboro, depok sleman, gondokusuman, condongcatur, umbulharjo, kotagede, kaliurang, seturan, gejayan, godean, mlati, ngaglik, wonosari, parangtritis, prambanan, janti, berbah, banguntapan, sewon, kasihan, gamping, yia
klaten: delanggu
magelang: mertoyudan, muntilan, borobudur
salatiga: tingkir
purwokerto: banyumas, cilacap, purbalingga, baturaden
tegal: brebes, slawi, pekalongan, pemalang, batang
kudus: jepara, pati, rembang, blora
surabaya: sby, gubeng, rungkut, wonokromo, tegalsari, genteng*, sukolilo, mulyorejo, wiyung, lakarsantri, tandes, benowo, kenjeran, simokerto, tambaksari, sawahan, gayungan, jambangan, tenggilis, wonocolo, karang pilang, dukuh pakis, sukomanunggal, asemrowo, krembangan, semampir, bubutan, pakal, bulak, gunung anyar, ketintang, darmo, manyar, pakuwon, citraland, merr, ngagel, dharmahusada, tunjungan, perak*, tanjung perak, sidoarjo, waru, gedangan, juanda airport, bandara juanda, porong, krian, gresik, driyorejo, menganti, kebomas, taman sidoarjo, buduran, sambikerep, medokan, jemursari, margorejo, nginden, klampis
malang: mlg, klojen, blimbing, lowokwaru, sukun, kedungkandang, sawojajar, ijen, dinoyo, singosari, lawang, kepanjen, batu malang, kota batu, dau, karangploso, soekarno hatta malang, tlogomas, sengkaling, pakis malang, tumpang
kediri: pare*, nganjuk, blitar, tulungagung
madiun: ngawi, ponorogo, magetan
jember: banyuwangi, bondowoso, situbondo, lumajang, ketapang banyuwangi
probolinggo: pasuruan, bromo, paiton
mojokerto: jombang
bojonegoro: tuban, lamongan
madura: bangkalan, sampang, pamekasan, sumenep
bali: denpasar, kuta, seminyak, ubud, sanur, canggu, badung, gianyar, nusa dua, jimbaran, legian, uluwatu, tabanan, singaraja, buleleng, ngurah rai, klungkung, karangasem, bangli, negara bali, kerobokan, renon, gilimanuk, sesetan, pemogan, berawa, pererenan, tegallalang, amed, lovina, nusa penida, kedonganan, mengwi, dalung, pecatu
lombok: mataram, ntb, praya, senggigi, gili, gili trawangan, mandalika, selong, sumbawa, bima
kupang: ntt, flores, labuan bajo, maumere, ende, sumba, ruteng
medan: mdn, medan johor, medan tembung, medan sunggal, medan helvetia, medan marelan, medan amplas, medan denai, medan timur, medan barat, medan kota, medan petisah, medan baru, medan area, medan selayang, medan tuntungan, medan maimun, medan polonia, medan perjuangan, medan deli, medan labuhan, medan belawan, belawan, deli serdang, lubuk pakam, kualanamu, percut, binjai, setia budi medan, ringroad medan, padang bulan, helvetia, sunggal, marelan, amplas, tanjung morawa
pematangsiantar: siantar, toba, parapat, samosir, tebing tinggi, kisaran
aceh: banda aceh, lhokseumawe, langsa, meulaboh, sabang, bireuen, lambaro, ulee kareng
padang*: bukittinggi, payakumbuh, sumbar, pariaman, solok, lubuk begalung, kuranji, koto tangah, padang panjang, padang pariaman
pekanbaru: pku, tampan pekanbaru, marpoyan, panam, sukajadi pekanbaru, riau, dumai, duri riau, rumbai, tenayan, siak, kampar
batam: batam center, nagoya batam, batu aji, batuaji, sekupang, bengkong, nongsa, lubuk baja, sagulung, kepri, tanjungpinang, tanjung pinang, bintan, karimun
jambi: muaro jambi, kota baru jambi, telanaipura, bungo, sarolangun
palembang: plg, ilir barat, ilir timur, seberang ulu, sukarami, kemuning, jakabaring, plaju, alang-alang lebar, sako palembang, kalidoni, kertapati, sumsel, prabumulih, lubuklinggau, musi, bukit kecil
bengkulu: curup
lampung: bandar lampung, bandarlampung, kedaton, way halim, rajabasa, teluk betung, tanjung karang, sukarame, kemiling, metro lampung, pringsewu, natar, bakauheni, kalianda
bangka: pangkalpinang, pangkal pinang, babel, belitung, sungailiat
pontianak: kubu raya, kalbar, singkawang, pontianak kota, pontianak selatan, sungai raya, ketapang kalbar, sintang
palangkaraya: palangka raya, kalteng, sampit, pangkalan bun
banjarmasin: bjm, banjarbaru, kalsel, martapura, kayutangi, barito kuala
balikpapan: bpn, sepinggan, balikpapan selatan, balikpapan utara, balikpapan tengah, balikpapan kota, gunung malang, kariangau, penajam, ikn, nusantara ikn
samarinda: sungai kunjang, loa janan, samarinda ulu, samarinda seberang, sungai pinang, kaltim, tenggarong, kutai, bontang, sangatta, palaran, sambutan
tarakan: kaltara, nunukan, berau
makassar: mks, panakkukang, tamalanrea, rappocini, biringkanaya, mamajang, tamalate, ujung pandang, sulsel, gowa, maros, daya makassar, antang, hertasning, pettarani, sungguminasa, manggala, losari, parepare, pare-pare, palopo, bone, bulukumba
manado: sulut, malalayang, wenang, tikala, bitung, tomohon, minahasa, mapanget
palu*: sulteng, donggala, poso, luwuk, morowali
kendari: sultra, baubau, kolaka
gorontalo: limboto
mamuju: sulbar, majene
ambon: maluku, sirimau
ternate: tidore, malut, halmahera
jayapura: papua, sentani, abepura, merauke, timika, nabire, wamena, biak
sorong: manokwari, papua barat, raja ampat, fakfak
jawa barat: jabar, west java
jawa tengah: jateng, central java
jawa timur: jatim, east java
sumatera: sumatra, north sumatra, sumut
kalimantan: borneo
sulawesi: celebes
"""

_WORLD = """
singapore: singapura, jurong, tampines, woodlands, changi, bedok, orchard, punggol, sengkang, yishun, ang mo kio, clementi, bukit batok, toa payoh, bugis, pasir ris
kuala lumpur: kl, petaling jaya, shah alam, subang jaya, klang, puchong, cheras, bangsar, mont kiara, cyberjaya, putrajaya, selangor, kajang
johor bahru: johor, jb, iskandar
penang: pulau pinang, georgetown, butterworth
malaysia: ipoh, kota kinabalu, kuching, melaka
manila: quezon city, makati, taguig, pasig, mandaluyong, bgc
cebu: mandaue, lapu-lapu
philippines: davao, baguio, iloilo
bangkok: sukhumvit, silom, nonthaburi, bang na
thailand: phuket, chiang mai, pattaya
hanoi: ha noi
ho chi minh: saigon, hcmc, thu duc
vietnam: da nang, hai phong
hong kong: hongkong, kowloon, tsim sha tsui, mong kok
taipei: new taipei, taoyuan, kaohsiung, taichung
tokyo: shinjuku, shibuya, yokohama, osaka, kyoto, nagoya
seoul: gangnam, busan, incheon
beijing: shanghai, shenzhen, guangzhou
mumbai: andheri, bandra, thane, navi mumbai, powai, borivali, pune
delhi: new delhi, noida, gurgaon, gurugram, dwarka, rohini, ghaziabad, faridabad
bangalore: bengaluru, whitefield, koramangala, indiranagar, hsr layout, electronic city, marathahalli
chennai: velachery, adyar, tambaram, t nagar
hyderabad: secunderabad, gachibowli, madhapur, hitec city
kolkata: salt lake, howrah
karachi: clifton, gulshan, lahore, islamabad, rawalpindi
dhaka: gulshan dhaka, mirpur, uttara, chittagong
colombo: kandy
kathmandu: lalitpur, pokhara
dubai: abu dhabi, sharjah, deira, jumeirah, marina dubai, uae
riyadh: jeddah, mecca, makkah, medina, madinah, dammam
doha: qatar
istanbul: ankara, izmir, kadikoy
cairo: giza, alexandria
lagos: ikeja, lekki, yaba, surulere, abuja, victoria island
nairobi: westlands, mombasa, kasarani
johannesburg: sandton, pretoria, soweto, cape town, durban
accra: kumasi
london: camden, hackney, croydon, islington, brixton, wembley, greenwich, ealing, stratford, heathrow, gatwick, shoreditch, wimbledon, lewisham, tottenham
manchester: salford, stockport, bolton
birmingham: solihull, wolverhampton, coventry
leeds: bradford, wakefield
liverpool: wirral
bristol: bath city
sheffield: rotherham
newcastle: gateshead, sunderland
nottingham: derby, leicester
glasgow: paisley
edinburgh: leith
cardiff: swansea
belfast: lisburn
dublin: tallaght, cork, galway
paris: lyon, marseille
berlin: kreuzberg, hamburg, munich, frankfurt, cologne
amsterdam: rotterdam, utrecht, the hague
brussels: antwerp
zurich: geneva, basel, bern
vienna: graz, salzburg
madrid: barcelona, valencia, seville
lisbon: porto
rome: milan, naples, turin
stockholm: gothenburg
copenhagen: aarhus
oslo: bergen
helsinki: espoo
warsaw: krakow, gdansk
prague: brno
budapest: debrecen
athens: thessaloniki
moscow: saint petersburg
kyiv: kiev, lviv, odesa
new york: nyc, brooklyn, queens, bronx, manhattan, staten island, long island, harlem
new jersey: newark, jersey city, hoboken
boston: cambridge ma, somerville, quincy
philadelphia: philly, camden nj
washington dc: arlington, alexandria va, bethesda
baltimore: towson
atlanta: decatur, marietta
miami: fort lauderdale, hialeah, boca raton
orlando: kissimmee
tampa: st petersburg, clearwater
charlotte: raleigh, durham
chicago: evanston, naperville, oak park
detroit: ann arbor, dearborn
minneapolis: st paul
cleveland: akron, columbus ohio, cincinnati
pittsburgh: allegheny
st louis: kansas city
dallas: fort worth, plano, frisco, arlington texas, irving
houston: katy, sugar land, the woodlands, pasadena texas
austin: round rock
san antonio: new braunfels
denver: aurora, boulder, lakewood
phoenix: scottsdale, tempe, mesa, glendale, chandler
las vegas: henderson
salt lake city: provo
seattle: bellevue, tacoma, redmond
portland: beaverton
san francisco: oakland, berkeley, sf bay, bay area, palo alto, mountain view, daly city
san jose: santa clara, sunnyvale, fremont
los angeles: hollywood, santa monica, long beach, burbank, pasadena, culver city, anaheim, irvine, orange county
san diego: chula vista, la jolla
sacramento: roseville, davis
honolulu: waikiki, hawaii, maui
toronto: mississauga, brampton, scarborough, north york, markham
vancouver: burnaby, richmond bc, surrey
montreal: laval
ottawa: gatineau
calgary: edmonton
mexico city: cdmx, guadalajara, monterrey
bogota: medellin, cali colombia
sao paulo: rio de janeiro, brasilia
buenos aires: cordoba
lima: callao
santiago: valparaiso
sydney: parramatta, bondi, newcastle nsw, manly, penrith, blacktown, chatswood
melbourne: geelong, st kilda, footscray, dandenong
brisbane: gold coast, logan, ipswich
perth: fremantle, joondalup
adelaide: glenelg
canberra: belconnen
auckland: manukau, north shore
wellington: lower hutt
christchurch: riccarton
"""


def _places() -> tuple[dict[str, str], frozenset[str]]:
    found: dict[str, str] = {}
    ambiguous = set()
    for line in (_INDONESIA + _WORLD).split("\n"):
        city, _, districts = line.partition(": ")
        for written in filter(None, (city, *districts.split(", "))):
            name = written.rstrip("*")
            found.setdefault(name, city.rstrip("*"))
            if name != written:
                ambiguous.add(name)
    return found, frozenset(ambiguous)


CITY_OF, AMBIGUOUS = _places()
"""Each name with its city, and the names that count only behind a preposition."""

BEFORE = frozenset(
    "di ke dari kota daerah wilayah kawasan area cabang kecamatan kec kelurahan kel kabupaten kab jalan jl desa perumahan komplek sekitar"
    " lokasi stasiun bandara pelabuhan hub in at near around from to city of across for".split()
)
"""Words before the name of a place."""

WITHIN = {
    "jakarta pusat": "jakarta", "jakarta utara": "jakarta", "jakarta barat": "jakarta", "jakarta selatan": "jakarta",
    "jakarta timur": "jakarta",
}  # fmt: skip
"""Cities that are part of a larger one, which their people often name instead."""
