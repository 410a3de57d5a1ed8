"""What customers write about, whatever the words and the language.

A line is `kind, usual, name: words`. `usual` is how many of a thousand everyday tickets speak of it: a first estimate, until a stream has
tickets of its own. Words may be several, and are written as people write them after the spelling was normalised.
"""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What sort of thing a concept is."""

    THING = "thing"
    TROUBLE = "trouble"
    CAUSE = "cause"
    SCOPE = "scope"


@dataclass(frozen=True, slots=True)
class Concept:
    """A subject of tickets.

    Attributes:
        usual: Of everyday tickets, the share that speaks of it, 0 to 1.
        words: How people write it, each one word or several.
    """

    name: str
    kind: Kind
    usual: float
    words: tuple[str, ...]


_TABLE = """
thing 30 internet: internet, inet, wifi, wi-fi, wlan, broadband, jaringan, koneksi, connection, connectivity, network, fiber, fibre, optic, optik, isp, hotspot, internetan, wifian, indihome, biznet, firstmedia, first media, myrepublic, iconnet, bandwidth, browsing, tethering
thing 10 modem: modem, router, ont, onu, los, lampu los, red light, lampu merah, access point
thing 12 signal: sinyal, signal, 4g, 5g, lte, bts, seluler, cellular, no service, roaming, coverage, telepon, telpon, nelpon, calls, phone call
thing 12 electricity: listrik, electricity, electric, power, lampu, pln, trafo, transformer, gardu, blackout, power cut, power outage, mati lampu, pemadaman, grid, voltage, tegangan, genset, generator, gelap, dark
thing 10 water: air, water, pdam, keran, kran, tap, taps, pipa, pipe, mains, tandon, plumbing
thing 4 gas: gas, lpg, elpiji, pgn, tabung
thing 55 app: aplikasi, app, apps, apk, application, program, software
thing 35 website: website, web, situs, site, webpage, page, halaman, portal, browser, laman, url, 404, 502, 503, 500, gateway
thing 20 server: server, sistem, system, systems, cloud, platform, backend, database
thing 35 login: login, log in, logging in, logged in, sign in, signin, masuk akun, masuk ke akun, bisa masuk, logon, locked out, signing in, signed in, sign-in, login page, sign in screen, sign in page, halaman login, masuk ke, masukin password
thing 60 account: akun, account, accounts, profil, profile, membership, user id
thing 14 otp: otp, kode otp, verification code, kode verifikasi, security code, login code, kode login, kode masuk, sms kode, kode sms, passcode, two-factor, two factor, 2fa, mfa, authenticator, kode rahasia, one-time, one time, kode verif, verification, verifikasi, verification text, otpnya, verif code
thing 30 password: password, passwords, kata sandi, sandi, pin, passwd
thing 60 payment: bayar, bayarnya, pembayaran, payment, payments, pay, paying, pays, membayar, dibayar, checkout, check out, transaksi, transaction, transactions, trx, kasir, cashier
thing 6 qris: qris, qr, qr code, kode qr, scan, barcode, merchant
thing 6 virtual-account: virtual account, va
thing 5 edc: edc, mesin gesek, card terminal, card machine, card reader, payment terminal, pos terminal, terminal, mesin edc
thing 35 card: kartu, card, cards, kredit, credit card, visa, mastercard
thing 40 balance: saldo, balance, wallet, dompet, ewallet, e-wallet, rekening, bank account, tabungan, savings, uang, duit, dana, money, funds, fund
thing 18 transfer: transfer, transfers, trf, tf, bi-fast, bifast, kirim uang, send money, remittance
thing 15 top-up: top up, topup, top-up, isi saldo, isi ulang, deposit, reload
thing 10 atm: atm, tarik tunai, cash machine, withdraw, withdrawal, cash, mesin atm, tunai
thing 30 bill: tagihan, ketagih, ditagih, tertagih, penagihan, menagih, bill, bills, billed, billing, invoice, invoices, faktur, kuitansi, statement
thing 25 charge: charge, charged, charges, charging, charging me, debited, debit, debits, didebet, didebit, terdebet, kedebet, kedebit, potong, kepotong, terpotong, dipotong, potongan, pemotongan, deducted, deduction, autodebet, autodebit, autopay, tarik dana, deducts
thing 50 refund: refund, refunds, refunded, pengembalian dana, pengembalian uang, uang kembali, dana kembali, money back, dikembalikan, kembalikan, reimburse, reimbursement, balikin, dibalikin
thing 28 voucher: voucher, vouchers, vcr, vocer, kupon, coupon, promo, promotion, diskon, discount, promo code, kode promo, kode voucher, discount code, cashback, potongan harga, offer, gift card
thing 12 points: poin, point, points, loyalty, reward, rewards, miles
thing 6 prize: hadiah, undian, prize, pemenang, winner, lottery, giveaway, bonus, menang
thing 35 email: email, e-mail, mail, emails, mails, inbox, surel, newsletter, mailing, mailed, outlook, mailbox, surat
thing 12 sms: sms, text message, text messages, texts
thing 10 whatsapp: wa, whatsapp, telegram, chat wa
thing 8 link: link, tautan, links, url, klik, click, clicked
thing 60 order: pesanan, order, orders, orderan, pesan, ordered, pembelian, purchase, pemesanan
thing 60 parcel: paket, parcel, package, packages, parcels, kiriman, resi, tracking, tracking number, shipment, shipments, barang, lacak, dilacak, awb, consignment
thing 40 delivery: kirim, pengiriman, delivery, deliver, delivered, delivering, dikirim, antar, diantar, shipping, shipped, ship, deliveries, dianter, anter, nganter, sampai, tiba, datang, arrive, arrived
thing 22 courier: kurir, courier, couriers, ekspedisi, jne, jnt, j&t, sicepat, anteraja, ninja, lion parcel, ninja xpress, pos indonesia, id express, idexpress, spx, dhl, fedex, ups
thing 8 hub: hub, gudang, warehouse, depot, sorting, sortir, dc, transit, distribution center, distribution centre, sort centre
thing 14 address: alamat, address, street, jalan, kode pos, postcode
thing 14 store: toko, store, shop, shops, stores, outlet, gerai, branch, cabang, warung, supermarket, minimarket, alfamart, indomaret
thing 12 food: makanan, food, meal, meals, makan, eat, ate, nasi, ayam, chicken, rice, roti, bread, cake, burger, pizza, snack, biskuit, biscuit, menu, restoran, restaurant, catering, katering, bento, daging, meat, telur, egg, ikan, fish, sayur, sambal, mie, noodle, noodles, sosis, sausage, kue, lunch, dinner
thing 7 drink: minum, minuman, drink, drinks, susu, milk, formula, kopi, coffee, teh, tea, juice, jus, botol, bottle, galon, kaleng, water bottle, yogurt, yoghurt, diminum, meminum
thing 7 medicine: obat, medicine, medicines, medication, tablet, tablets, pil, pill, pills, sirup, syrup, resep, prescription, insulin, vitamin, vaksin, vaccine, apotek, pharmacy, drug, drugs
thing 5 cosmetic: krim, cream, serum, sabun, soap, shampoo, sampo, skincare, lotion, kosmetik, cosmetic, sunscreen, lipstik, lipstick, moisturizer, makeup
thing 5 batch: batch, lot, kode produksi, lot number, batch number, production code, nomor produksi, serial
thing 10 child: anak, anakku, bayi, baby, child, children, kids, kid, daughter, son, toddler, balita, putri, putra, daycare, murid, siswa, students, pupils
thing 14 car: mobil, car, cars, kendaraan, vehicle, truck, truk, van, ban, tyre, tire
thing 8 motorbike: motor, motorbike, motorcycle, scooter, skuter, sepeda motor, ebike, e-bike, sepeda
thing 14 driver: driver, drivers, sopir, supir, ojek, ojol, taxi, taksi, ride, trip, grab, gojek, uber, pengemudi, mitra
thing 10 flight: penerbangan, flight, flights, pesawat, plane, airline, maskapai, terbang, airport, bandara, gate, terbandara, boarding, garuda, citilink, airasia
thing 7 check-in: check in, check-in, checkin, checking in, cekin, cek in, boarding pass, kiosk, kiosks, konter, counter
thing 6 luggage: bagasi, luggage, baggage, koper, suitcase, bag, bags
thing 4 ferry: kapal, ferry, feri, boat, boats, ship cancelled, pelabuhan, harbour, harbor, port, penyeberangan, crossing, crossings, speedboat, dermaga, berlayar, sail, pelni
thing 5 train: kereta, train, trains, krl, mrt, lrt, kai, stasiun, station, commuter, rel, gerbong, whoosh
thing 4 bus: bus, bis, buses, transjakarta, busway, halte, terminal bus, coach, shuttle, travel
thing 5 toll: tol, toll, e-toll, etoll, gerbang tol, emoney, e-money, kartu tol
thing 4 fuel: bensin, solar, pertamax, pertalite, spbu, petrol, fuel, gasoline, diesel, pom bensin, bbm, gas station
thing 5 ev-charger: charging station, spklu, ev, stasiun pengisian, pengecasan
thing 16 booking: booking, bookings, bookingan, reservasi, reservation, reservations, booked, kode booking, dipesan
thing 12 hotel: hotel, hotels, kamar, room, rooms, resepsionis, receptionist, reception, lobby, lobi, villa, penginapan, guesthouse, homestay, lodging, check-out, property, menginap
thing 12 ticket: tiket, ticket, tickets, e-ticket, penumpang, passenger, passengers
thing 5 concert: konser, concert, event, festival, show, venue, acara, stadion, stadium, gate masuk, pertunjukan, panggung
thing 6 seat: kursi, seat, seats, bangku
thing 8 game: game, games, gim, player, pemain, guild, rank, level, hero, skin, skins, main game, match, ranked, mabar, akun game
thing 5 game-item: diamond, diamonds, gem, gems, item, items, inventory, inventaris, koin, coin, coins, loot
thing 6 camera: kamera, camera, cameras, cctv, cam, doorbell, rekaman, recording, footage, live view
thing 5 smart-device: smart lock, smart home, smart plug, sensor, thermostat, alarm, gerbang otomatis, iot, smart tv, gembok
thing 7 tv: tv, televisi, channel, channels, saluran, siaran, decoder, set top box, stb, broadcast
thing 9 video: video, videos, film, movie, movies, streaming, nonton, stream, subtitle, playback, buffering, tayang
thing 5 music: musik, music, playlist, lagu, song, songs, audio, podcast
thing 12 class: kelas, class, kursus, course, courses, lesson, lessons, materi, modul, module, kuliah, sekolah, school, webinar, belajar, guru, teacher
thing 7 exam: ujian, exam, exams, test, kuis, quiz, nilai, grade, grades, score, soal, tryout, try out, utbk, cbt
thing 7 payroll: gaji, payroll, salary, salaries, slip gaji, payslip, payslips, thp, upah, wage, wages, penggajian, lembur
thing 8 tax: pajak, tax, taxes, pph, pph21, ppn, vat, npwp, spt, efaktur, e-faktur, coretax, ter
thing 14 insurance: asuransi, insurance, insured, polis, policy, premi, premium, klaim, claim, claims, klaimnya, pertanggungan, diasuransikan, surveyor
thing 8 hospital: dokter, doctor, doctors, rumah sakit, hospital, rs, klinik, clinic, perawat, nurse, puskesmas, ugd, igd, pasien, patient, patients, rawat, dirawat, konsultasi, appointment, bpjs
thing 7 loan: pinjaman, loan, loans, cicilan, installments, instalments, paylater, pay later, debt, collector, pinjol, angsuran, tenor
thing 6 investment: saham, stock exchange, reksadana, reksa dana, mutual fund, trading, portofolio, portfolio, emas, gold, crypto, kripto, bitcoin, sell order, broker, shares
thing 12 receipt: struk, receipt, receipts, nota, bukti
thing 7 printer: printer, print, printing, cetak, dicetak, mencetak, toner
thing 8 pos: kasir, till, pos, point of sale, register
thing 12 laptop: laptop, komputer, computer, pc, notebook, monitor, keyboard, desktop
thing 7 vpn: vpn, sso, single sign-on, active directory, okta, intranet
thing 6 meeting: zoom, teams, meeting, rapat, video call, webex, google meet, gmeet
thing 6 shared-drive: folder, drive, sharepoint, onedrive, file server, shared drive
thing 14 file: file, files, berkas, dokumen, document, documents, pdf, upload, unggah, lampiran, attachment, download, unduh, diunduh
thing 8 report: laporan, report, reports, dashboard, grafik, chart, export, ekspor, excel, analytics, csv, xlsx, xls, spreadsheet, spreadsheets, rekap, rekapan, exported, exporting, diekspor
thing 5 api: api, webhook, endpoint, integration, integrasi, sdk, callback, oauth
thing 9 personal-data: data pribadi, personal data, ktp, nik, identity, privacy, privasi, kk, selfie, data diri, phone numbers, personal details, data nasabah, data pelanggan, customer data
thing 14 price: harga, price, prices, pricing, tarif, fee, fees, biaya, ongkir
thing 12 warranty: garansi, warranty, servis, service center, service centre, spare part, repair
thing 12 size: ukuran, size, sizes, kekecilan, kebesaran
thing 9 colour: warna, colour, color
thing 25 product: produk, product, products, unit
thing 20 notification: notifikasi, notif, notification, notifications, push
thing 25 subscription: langganan, berlangganan, subscription, subscriptions, subscribe, subscriber, membership, keanggotaan, iuran, paket langganan, my plan, plan, package plan, gym
thing 12 mobile-data: kuota, quota, paket data, pulsa, data package, data plan
thing 6 prepaid-token: token, token listrik, meteran, meter, kwh
thing 6 sim: sim, sim card, e-sim, esim, kartu sim, nomor hp
thing 14 phone-device: hp, handphone, phone, smartphone, ponsel, android, iphone, ios, samsung, xiaomi, oppo, vivo, redmi, pixel, realme, poco
thing 16 queue: antre, antri, antrean, antrian, queue, queues, queueing, ngantri, mengantre, line, lines
thing 8 schedule: jadwal, schedule, reschedule, jam keberangkatan, departure, berangkat, keberangkatan, timetable
thing 7 technician: teknisi, technician, engineer, petugas, tukang
thing 8 elevator: lift, elevator, escalator, eskalator
thing 7 aircon: ac, aircon, air conditioner, hvac, pendingin
thing 10 office: kantor, office, gedung, building, lantai, pabrik, factory, kampus, campus
thing 12 house: rumah, house, home, apartemen, apartment, komplek, kompleks, perumahan, cluster, rusun, kos, kost, residence
thing 6 garbage: sampah, garbage, trash, waste, tps, bins, limbah
thing 6 stock: stok, stock, restock, persediaan, inventory system
thing 9 seller: penjual, seller, sellers, lapak, pelapak, merchant
thing 6 battery: baterai, battery, aki, powerbank, power bank, charger, ngecas
thing 4 swab: swab, pcr, antigen, vaksinasi, vaccination
thing 8 support: cs, customer service, call center, call centre, hotline, support, agent, helpdesk, operator, admin
thing 4 proctoring: proctor, proctored, proctoring, proctors, pengawas ujian, pengawasan, invigilator, lockdown browser, violation, pelanggaran, integrity
thing 6 attempt: attempt, attempts, percobaan, session, sesi, sesi ujian
thing 5 certificate: sertifikat, certificate, certificates, ijazah, diploma, transkrip, transcript
thing 6 scholarship: beasiswa, scholarship, spp, uang kuliah, tuition, ukt, krs, pendaftaran sekolah, ppdb, enrolment, enrollment, admission
thing 6 lab-result: hasil lab, lab result, lab results, lab report, test report, blood test, tes darah, hasil tes, hasil pemeriksaan, medical record, medical records, rekam medis, diagnosis, mcu, hasil mcu, xray, x-ray, rontgen, mri
thing 8 patient: pasien, patient, patients
thing 5 ambulance: ambulans, ambulance, igd, ugd, emergency room, icu
thing 5 brake: rem, brake, brakes, braking, blong, rem blong, pakem
thing 6 engine: mesin, engine, motor mogok, brebet, mbrebet, stalled, stall, stalls, misfire, misfires, mogok di jalan, mechanic, bengkel, montir, oli, oil, transmission, gearbox
thing 5 barrier: palang, portal parkir, barrier, gerbang, gate, gates, boom gate, pintu otomatis, turnstile, turnstiles
thing 6 parking: parkir, parking, parked, valet, karcis, garage
thing 5 rental: sewa, sewaan, rental, rent, rented, renting, penyewaan, lease
thing 6 door: pintu, door, doors, lock, locks, kunci, key card, keycard, keys, unlock, gembok, smart lock
thing 6 alarm: alarm, sirene, siren, smoke detector, detector, fire alarm
thing 6 room-climate: heating, heater, boiler, radiator, pemanas, water heater, thermostat, ac sentral, hot water, air panas, chiller, pendingin ruangan
thing 6 washing: laundry, cuci, mesin cuci, washing machine, dryer, cucian
thing 5 pool: kolam renang, pool, gym, fitness, treadmill, sauna
thing 5 fridge: kulkas, fridge, freezer, refrigerator, cold storage, cold chain
thing 6 cooking: kompor, stove, oven, rice cooker, air fryer, microwave, blender
thing 5 furniture: meja, kursi kerja, sofa, mattress, kasur, lemari, furniture, ranjang, bed, stroller, crib, car seat
thing 5 toy: mainan, toy, toys, boneka, doll, lego
thing 6 clothes: baju, kemeja, celana, jaket, dress, shirt, jacket, shoes, sepatu, sandal, hijab, uniform, seragam
thing 5 pet: kucing, anjing, cat, dog, pet, pets, pet food, hewan, vet
thing 4 farm: pupuk, fertilizer, fertiliser, benih, seed, seeds, panen, harvest, sawah, petani, farmer, farmers, livestock, ternak, pakan, pestisida
thing 4 mine: tambang, mine, mining, excavator, alat berat, heavy equipment, crane, forklift
thing 5 machine: mesin produksi, production line, conveyor, plc, scada, robot, line produksi
thing 5 solar-power: panel surya, solar panel, solar panels, inverter, plts
thing 6 meter-reading: meter reading, catat meter, stand meter, smart meter, ami
thing 6 government: dukcapil, samsat, kecamatan, kelurahan, e-ktp, kartu keluarga, akta, sim online, stnk, bpkb, pemda, permit, license, izin, perizinan, oss, nib
thing 5 vote: pemilu, pilkada, vote, voting, election, ballot, polling
thing 5 passport: paspor, passport, visa application, m-paspor, imigrasi, immigration, e-visa
thing 5 donation: donasi, donation, donate, zakat, sedekah, infaq, charity, galang dana
thing 6 ad: iklan, ads, ad, advert, adverts, advertisement, campaign, campaigns, kampanye, impressions, banner
thing 6 dns: dns, domain, domains, hosting, ssl, certificate expired, https, nameserver, vps, cpanel
thing 6 backup: backup, backups, restore, restored, snapshot, cadangan, recovery, data loss, kehilangan data
thing 6 sync: sync, syncing, synced, sinkron, sinkronisasi, synchronise, synchronize, mirror
thing 6 search: pencarian, results page, search results, hasil pencarian
thing 6 chat: chat, chats, chatbot, live chat, bot, pesan masuk, messages, messenger, dm
thing 6 call: telepon masuk, phone line, lines, hotline, call centre line, ivr, voip, dial, calls drop, dering, ringing, extension, pbx
thing 6 photo: foto, photo, photos, picture, image, images, gambar produk, gallery, galeri, album
thing 6 map: peta, map, maps, gps, location, titik lokasi, pinpoint, navigation, navigasi, rute, route
thing 6 fare: ongkos, fare, fares, argo, meter taxi, surge pricing, tarif jalan
thing 6 tip: tip, tips driver, gratuity
thing 6 menu-item: menu, topping, porsi, portion, saus, sauce, level pedas
thing 6 restaurant: resto, restoran, restaurant, cafe, kafe, warteg, food court, dapur, kitchen
thing 6 stock-price: harga saham, candle, chart, bid, ask price, order book, portfolio, unit penyertaan, nav
thing 6 exchange-rate: kurs, exchange rate, currency, fx, valas, usd, dollar, dolar, conversion, converted
thing 6 pension: pensiun, pension, jht, jamsostek, retirement, dplk
thing 6 overtime: lembur, overtime, absen, absensi, attendance, fingerprint, sidik jari, timesheet, clock in, shift, cuti, leave balance, jadwal shift
thing 6 recruitment: lowongan, recruitment, pelamar, applicant, interview, wawancara
thing 6 event-ticket: tiket konser, presale, war tiket, e-voucher event, wristband, gelang, seat map, tribun, kursi tribun, standing
thing 5 gold: emas, gold, antam, logam mulia, bukaemas
thing 5 lottery: lotre, undian berhadiah, raffle, gacha
thing 10 year: tahun, tahunan, setahun, annual, annually, yearly, a year, per year, 12 months, 12 bulan, whole year
thing 10 month: bulanan, monthly, per bulan, a month, per month, each month
thing 12 renewal: renew, renewed, renewal, renews, auto-renew, perpanjang, diperpanjang, perpanjangan, otomatis perpanjang
thing 6 match-final: final, pertandingan, match, liga, league, world cup, piala dunia, football, bola, soccer, babak, kickoff, badminton
thing 8 badge: badge, badges, kartu akses, access card, access cards, key card, kartu karyawan, id card, kartu identitas, rfid, access control, kontrol akses
thing 6 gateway: gateway, payment gateway
thing 5 customs: bea cukai, customs, bea masuk, duty, import tax, pajak impor
thing 8 screen: layar, screen, display, tampilan

trouble 55 outage: down, mati, padam, gangguan, outage, offline, went out, dead, terputus, putus, disconnect, disconnected, mati total, tidak nyala, no connection, tidak konek, konek, lumpuh, unavailable, service unavailable, not available, not responding, system down, nyala, menyala, hidup, back up, pulih, normal, hilang sinyal, cut off, cut, terganggu, no power, no electricity, no internet, no water, no signal, tidak ada listrik, tidak ada air, tidak ada internet, tidak ada sinyal, tidak mengalir, mengalir, ngalir, dry, kering, tidak keluar air, not flowing, unreachable, tidak dapat diakses, tidak bisa diakses, diakses, ga kebuka, kebuka, doesn't load, won't load, blank, mati semua, keluar air
trouble 25 slow: lambat, lemot, slow, lelet, lama loading, loading, lag, lagging, ngelag, buffering, muter, muter-muter, muter2, berputar, spinning, hang, sluggish, timeout, timed out, time out, times out, keeps loading, lola, takes forever
trouble 170 failing: gagal, error, eror, fail, fails, failed, failing, failure, tidak bisa, can't, cannot, can not, unable, not working, doesn't work, does not work, doesn't, won't, bermasalah, kendala, problem, rusak sistem, troubleshoot, tidak dapat, tidak berfungsi, not work, isn't working, stopped working, broken, broke, trouble, bug, glitch, ngaco, kacau, masalah, couldn't, couldnt, cant, wont, doesnt, tidak mau, susah
trouble 8 crash: crash, crashes, crashed, crashing, force close, fc, keluar sendiri, menutup sendiri, nutup sendiri, tertutup sendiri, mental, terpental, closes itself, closing itself, closes by itself, keeps closing, langsung keluar, langsung tertutup, langsung nutup, ketutup, tertutup, quits, shuts down, black screen, layar hitam, freeze, freezes, freezing, frozen, stuck di logo, blank screen, white screen, layar putih, not opening, won't open, doesn't open, tidak bisa dibuka, bisa dibuka, ngecrash, keluar terus, disappears, on launch, di logo
trouble 10 twice: dua kali, 2 kali, 2x, double, dobel, doubled, twice, two times, duplicate, duplicated, duplicates, ganda, duplikat, kedobelan, identical, two identical, same amount, two payments, two charges, dua transaksi, kedua kali, tiga kali, three times
trouble 40 wrong: salah, wrong, incorrect, keliru, mistake, error amount, tidak sesuai, beda, mismatch, miscalculated, inaccurate, ngawur, tertukar, mixed up, swapped, not match, off by
trouble 35 late: terlambat, telat, late, delay, delayed, delays, molor, keterlambatan, belum sampai, belum datang, hasn't arrived, belum tiba, not arrived, overdue, lewat estimasi, lama banget
trouble 12 stuck: stuck, tertahan, nyangkut, ketahan, macet, mandek, tidak bergerak, tidak jalan, hasn't moved, not moving, sitting, held, numpuk, menumpuk, terhenti, berhenti, stranded, terlantar, telantar, terjebak, mangkrak, tidak update, no movement, backlog, pile, piling, tertimbun
trouble 45 not-received: belum masuk, tidak masuk, belum diterima, tidak diterima, not received, haven't received, didn't receive, never received, never arrives, doesn't arrive, doesn't come, belum dapat, tidak terima, not credited, never arrived, tidak muncul, not delivered, tidak sampai, tidak terkirim, belum terkirim, never receive, don't receive, tidak ada notifikasi, nothing arrives, no sms, not arriving, tidak keluar, ga nyampe, nyampe, not dispensed, not dispense, didn't dispense, masuk masuk, no cash, tidak masuk-masuk, belum nongol, belum terima, did not receive, tidak dapat sms, not coming, tidak datang, not sent, isn't coming, not coming through, isn't coming through, tidak sampai2, mana kok, not get, didn't get, haven't got, not got, tidak dikirim, tidak kunjung, tidak pernah sampai, never came, never comes, still waiting for, not arrived, tidak dapat
trouble 30 missing: hilang, raib, lenyap, missing, gone, lost, disappeared, vanished, vanish, ilang, ludes, wiped, terhapus, kehapus, deleted, tidak ada, lost everything, kosong, empty, reset to zero, jadi nol, jadi 0, zero, lost all, not there, jadi 0, is zero, shows nothing, tampil 0, saldo 0, nol semua, 0 semua, melompong, blank, no data, 0 kb, no content, no rows, only header, cuma header, header row, tidak ada isinya, isinya kosong, empties
trouble 14 not-found: tidak ditemukan, tidak terdaftar, not found, doesn't exist, does not exist, tidak ada data, tidak terdata, unknown booking, no record, no reservation, tidak ada di sistem, never heard
trouble 40 cancelled: dibatalkan, batal, cancel, cancelled, canceled, pembatalan, cancellation, batalin, dicancel, cancelling
trouble 22 rejected: ditolak, rejected, declined, refused, tidak berlaku, invalid, not valid, tidak valid, not accepted, doesn't apply, tidak bisa dipakai, tidak bisa digunakan, ga kepake, not applied, not apply, doesn't get accepted, unrecognized, tidak bisa diklaim, tidak bisa diredeem, hangus, can't be used, cannot be used, ditolak sistem
trouble 12 expired: kadaluarsa, kedaluwarsa, kadaluwarsa, expired, expire, expires, expires before, habis masa, lapsed
trouble 10 scam: penipuan, penipu, tipu, ketipu, tertipu, menipu, scam, scams, scammer, scammed, phishing, fraud, fraudulent, fake, palsu, mengaku, ngaku, mengatasnamakan, ngatasnamain, atas nama, mencurigakan, suspicious, pretending, impersonating, claiming to be, pretends, nipu, bodong, hoax, impersonator, spoof, abal-abal, kena tipu
trouble 8 hacked: hack, hacked, hacker, dibobol, kebobolan, dibajak, diretas, breach, breached, leaked, bocor data, data bocor, kebocoran data, stolen, dicuri, dikuras, unauthorized, unauthorised, takeover, taken over, kecurian, terkuras, ludes saldo, diambil alih, drained, terekspos, exposed, tersebar
trouble 5 sick: sakit, muntah, muntah2, diare, mual, vomit, vomited, vomiting, diarrhoea, diarrhea, nausea, sick, ill, keracunan, poisoned, poisoning, mencret, demam, fever, pusing, dizzy, gatal, itchy, rash, ruam, iritasi, irritation, alergi, allergic, allergy, bengkak, swollen, perih, stomach, sakit perut, perut, dirawat, hospitalised, hospitalized, burning skin, breakout, kram, merah-merah, food poisoning, pingsan
trouble 5 smell: bau, smell, smells, smelled, anyir, amis, tengik, busuk, rotten, basi, asem, asam, sour, stink, stinks, aroma, berbau, apek, odor, odour, rancid, spoiled, curdled, menggumpal, clumps, clumpy
trouble 5 foreign-object: ulat, belatung, maggot, maggots, worm, worms, kecoa, cockroach, serangga, insect, insects, plastik, plastic, kaca, glass, beling, rambut, hair, jamur, jamuran, mold, mould, mouldy, moldy, berjamur, kawat, wire, metal, besi, kotoran, foreign object, benda asing, terkontaminasi, contaminated, contamination, tercemar, kutu, logam
trouble 20 damaged: rusak, damaged, damage, pecah, broken box, penyok, dented, retak, cracked, cacat, defect, defective, lecet, scratched, sobek, torn, hancur, crushed, ruined, ambruk, patah, jebol
trouble 4 overheating: panas, hot, overheat, overheats, overheating, meleleh, melted, kepanasan, terlalu panas, gosong, scorched, menggembung, kembung, swelling, bulging
trouble 2 explosion: meledak, explode, exploded, explosion, ledakan, blew up, blown, meletus, burst, meleduk
trouble 5 leak: bocor, leak, leaks, leaking, leaked water, rembes, merembes, netes, menetes, kebocoran
trouble 12 expensive: mahal, expensive, naik, melonjak, kemahalan, overcharged, too much, too high, membengkak, increased, surge, kegedean, jauh lebih besar, lebih besar, bengkak tagihan, went up, doubled the price, kelebihan, overpriced
trouble 10 blocked: terkunci, locked, blocked, diblokir, terblokir, keblokir, blokir, suspended, banned, dibekukan, beku, freeze account, dibanned, ditangguhkan, suspend, dinonaktifkan, deactivated
trouble 10 pending: pending, tertunda, diproses, menggantung, ngegantung, belum diproses, unpaid, menunggu, waiting, processing, belum lunas, gantung
trouble 6 negative: minus, negative, negatif, nol, factor
trouble 7 closed: tutup toko, closed, penutupan, disegel, tutup sementara, gate closed, closure
trouble 5 overbooked: overbooked, overbook, penuh, full, fully booked, no room, sold twice, kamar tidak ada
trouble 5 dirty: keruh, kotor, dirty, muddy, brown, cokelat, coklat, murky, cloudy, yellow, kuning, berlumpur, berwarna
trouble 5 danger: bahaya, berbahaya, dangerous, danger, unsafe, darurat, emergency, terjebak di dalam, hazard, membahayakan
trouble 6 someone-else: orang lain, someone else, somebody else, stranger, another person, another patient, another customer, other patient, pasien lain, another user, bukan milik saya, bukan punya saya, not mine, not my, milik orang, other people's, tertukar, ketuker, kebalik, swapped with, atas nama orang, wrong name, wrong patient, wrong person, punya orang, a different person, nama lain
trouble 6 accused: dituduh, nuduh, menuduh, accused, cheating, cheat, cheated, curang, kecurangan, nyontek, menyontek, flagged, suspicious behaviour, terdeteksi curang, plagiat, plagiarism
trouble 6 terminated: terminated, dihentikan, kicked out, kick, terkeluar, dikeluarkan, ended my, ditutup paksa, dikick, mental keluar, logged out, log out, logout, keluar paksa, ter-logout, signed out, session ended, cut off mid
trouble 4 thrown-back: thrown back, kicks me, kicked back, sent back, back to the login, back to login, looping, loop, redirect, redirects, redirected, endless redirect, login lagi, login ulang, balik lagi, balik ke, mental lagi, mental ke, kembali ke halaman, disuruh login, stay signed in, stay logged in, minta login
trouble 8 not-reading: tidak kebaca, tidak terbaca, ga kebaca, kebaca, not read, doesn't read, won't read, can't read, unreadable, tidak dikenali, not recognised, not recognized, unrecognised, tidak terdeteksi, not detected
trouble 4 injury: luka, lecet kaki, injured, injury, injuries, hurt, bleeding, berdarah, patah tulang, jatuh, fell, fallen, terjatuh, korban, victim, victims, crash into, menabrak, nabrak, tewas, meninggal, died, kesetrum, electrocuted, electric shock, shock
trouble 4 water-mixed: campur air, bercampur air, tercampur air, water in the tank, water in, ada airnya, ada air, oplosan, dioplos, diluted, adulterated, bad fuel, contaminated fuel
trouble 6 stalled: mogok, macet mesin, tidak mau hidup, won't start, doesn't start, mati mendadak, mati di jalan, towed, diderek, derek
trouble 8 noisy: berisik, noise, noisy, bising, bunyi aneh, strange sound, rattling, suara aneh
trouble 8 cold: dingin, cold, freezing cold, no heating, tidak panas, lukewarm
trouble 6 overcrowded: penuh sesak, overcrowded, crowded, desak-desakan, membludak, rebutan
trouble 6 rude: kasar, rude, jutek, tidak sopan, impolite, aggressive, harassment, pelecehan
trouble 8 missing-part: kurang satu, missing one, incomplete, tidak lengkap, parts missing
trouble 6 disconnected-call: tidak tersambung, can't get through, cannot get through, nada sibuk, busy tone, suara hilang, no sound, no audio, tidak ada suara, muted
trouble 8 blurry: blur, buram, blurry, pecah gambar, pixelated, gelap gambarnya, no picture, no image, tidak ada gambar
trouble 8 wrong-time: jam salah, wrong time, wrong date, time zone, timezone, off by one hour, tanggal salah
trouble 6 spam: spam, spamming, berkali-kali, repeatedly, many times, terus menerus, bombardir, flooded with messages, every minute, ratusan, hundreds of
trouble 8 unfair: tidak adil, unfair, dirugikan, tidak sesuai janji, bait, misleading, menyesatkan
trouble 5 recalled-item: ditarik dari peredaran, withdrawn from sale, expired product, kadaluarsa produk, produk gagal

cause 3 strike: mogok kerja, pemogokan, strike, on strike, demo, unjuk rasa, protest, demonstration, walkout, walked out, aksi, mogok massal, striking, industrial action, tidak mau kerja, serikat, union
cause 3 flood: banjir, flood, flooded, flooding, floods, terendam, kerendem, kerendam, kebanjiran, air naik, under water, underwater, kelelep, tenggelam, submerged, rob, genangan, terendamnya, rendam, water came, kemasukan air, luapan, meluap, water level, banjir bandang, water inside
cause 4 weather: cuaca, hujan, badai, storm, rain, ombak, gelombang, waves, angin, wind, typhoon, petir, lightning, cuaca buruk, weather, kabut, fog, puting beliung, hurricane, snow, heavy rain
cause 2 earthquake: gempa, earthquake, quake, tsunami, aftershock, gempa bumi, longsor, landslide
cause 2 eruption: erupsi, eruption, abu vulkanik, volcanic ash, ash, volcano, gunung meletus, gunung, lava, letusan
cause 3 fire: kebakaran, fire, terbakar, kebakar, burning, burned, burnt, smoke, asap, api, berasap, on fire, flames, sparks, percikan, korslet, konslet, short circuit
cause 3 accident: kecelakaan, accident, tabrakan, crash bus, derailed, anjlok, collision, tertabrak, terguling, roboh
cause 20 update: update, updated, updating, updates, pembaruan, diupdate, diperbarui, versi, version, versi baru, new version, release, upgrade sistem, patch, apdet, latest version, upgraded, firmware, terbaru, rilis
cause 8 maintenance: maintenance, pemeliharaan, perawatan, mt, downtime, perbaikan, migrasi, migration, migrated
cause 3 recall: recall, recalled, ditarik, penarikan, bpom, withdrawn, tarik dari, ditarik dari, recalls
cause 3 police: polisi, police, pengacara, lawyer, gugat, sue, viral, media, ylki, ojk
cause 3 excavation: galian, digging, excavator, kabel putus, fiber cut, cable cut, kabel, cable, proyek, excavation, tiang, pole
cause 3 heat: cuaca panas, heat wave, heatwave, gelombang panas, kekeringan, drought
cause 3 haze: kabut asap, haze, smog, polusi
cause 3 riot: kerusuhan, rusuh, riot, tawuran, penjarahan
cause 3 power-surge: tegangan naik, voltage spike, power surge, lonjakan listrik, kesambar petir, tersambar petir
cause 3 construction: pembangunan, renovasi, construction, road works, perbaikan jalan, penutupan jalan, road closed, road closure

scope 25 everyone: semua orang, everyone, everybody, massal, tetangga, neighbours, neighbors, satu komplek, sekomplek, satu rt, satu rw, whole street, entire, seluruh, warga, banyak orang, everyone else, whole team, whole office, satu kantor, other people, orang lain juga, juga sama, same here, same problem, sama juga, teman juga, semua pelanggan, all customers, all users, all my, all our, whole block, the whole, satu kelurahan, se-kota, sekota, serentak, temen juga, juga kena, bukan cuma saya, not just me, not only me, many people, several people, lots of people, dimana-mana, everywhere, kami semua, whole building, all of us
"""


def _concepts() -> tuple[Concept, ...]:
    found = []
    for line in _TABLE.strip().splitlines():
        if not line:
            continue
        head, _, words = line.partition(": ")
        kind, usual, name = head.split()
        found.append(Concept(name, Kind(kind), int(usual) / 1000, tuple(filter(None, words.split(", ")))))
    return tuple(found)


CONCEPTS = _concepts()
